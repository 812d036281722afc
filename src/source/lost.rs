//! Snapshots that are not there or cannot be used, by name.

use serde::{Deserialize, Serialize};

/// One field's snapshot of one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostSnapshot {
    /// The field, as the configuration names it.
    pub field: String,
    /// The time, as a step of the axis.
    pub step: usize,
    /// Its file, relative to the input's folder; of a missing one, the name that it would have.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// In order of time, then field. A long list is cut; the count is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostSnapshots {
    /// The first of them.
    pub list: Vec<LostSnapshot>,
    /// How many there are.
    pub count: usize,
}

/// Names that are kept: every rank gets them, and the result holds them.
const NAMED: usize = 10_000;

impl LostSnapshots {
    /// Adds one; its name is made only if it is kept.
    pub(super) fn push(&mut self, snapshot: impl FnOnce() -> LostSnapshot) {
        self.count += 1;
        if self.list.len() < NAMED {
            self.list.push(snapshot());
        }
    }

    /// Lines for a log: at most `named` snapshots, then how many more.
    pub fn lines(&self, named: usize) -> impl Iterator<Item = String> + '_ {
        let shown = self.list.len().min(named);
        let more = self.count - shown;
        let lines = self.list[..shown].iter().map(|lost| format!("{}: {}", lost.file, lost.what));
        lines.chain((more > 0).then(|| format!("and {more} more")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_all_are_counted() {
        let mut lost = LostSnapshots::default();
        assert_eq!(lost.lines(10).count(), 0);
        for step in 0..NAMED + 3 {
            let file = format!("U.{step}.data");
            lost.push(|| LostSnapshot { field: "U".into(), step, file, what: "is missing".into() });
        }
        assert_eq!((lost.list.len(), lost.count), (NAMED, NAMED + 3));
        assert_eq!(
            lost.lines(2).collect::<Vec<_>>(),
            ["U.0.data: is missing", "U.1.data: is missing", "and 10001 more"]
        );
    }
}
