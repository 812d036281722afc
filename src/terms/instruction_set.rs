//! Runs loops over many values with the widest vectors that this CPU has.
//!
//! A portable x86-64 build has 16-byte vectors only. The loops here are plain Rust, and Rust never fuses a
//! multiplication with an addition by itself, so they give the same bits in either version.

/// A loop worth compiling for several instruction sets; `run` and all it calls are `inline(always)`.
pub trait VectorLoop {
    /// What comes out.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// The vector instructions found on this CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What the build was compiled for.
    Compiled,
    /// 32-byte vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl InstructionSet {
    /// Asks the CPU.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return InstructionSet::Avx2;
        }
        InstructionSet::Compiled
    }

    /// Runs the loop in its version for this instruction set.
    #[inline]
    pub fn run<W: VectorLoop>(self, work: W) -> W::Output {
        match self {
            InstructionSet::Compiled => work.run(),
            // SAFETY: only `detect` makes this variant, after it has asked the CPU.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { run_with_avx2(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_with_avx2<W: VectorLoop>(work: W) -> W::Output {
    work.run()
}
