//! What a run tells while it works. Rooms report to an [`Observer`]; the command line shows it.

/// Listens to a run. All calls come from one process; those of other ranks are not heard.
pub trait Observer: Sync {
    /// A phase begins, with so many units of work, of `bytes` bytes in all.
    fn begin(&self, phase: &str, units: u64, bytes: u64);
    /// So many units of the phase are done.
    fn advance(&self, units: u64);
    /// The phase has ended.
    fn end(&self);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn begin(&self, _: &str, _: u64, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}
