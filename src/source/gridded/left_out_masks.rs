//! Masks that are there but not read: a run without them would take land for water.

use super::super::SourceError;
use super::super::dataset::groups_upwards;
use super::finder::{Finder, key_of};
use crate::grid::GridField;

impl Finder<'_> {
    /// Fails where an array of a name that a mask goes by is left out for its type: the run would go on as if there were
    /// none.
    ///
    /// # Errors
    /// With the array's name, and what its values are.
    pub(super) fn check_left_out(&self, field: GridField, name: &str) -> Result<(), SourceError> {
        if !field.has_levels() {
            return Ok(());
        }
        let groups = || self.request.fields.iter().flat_map(|field| groups_upwards(field)).chain([""]);
        for holder in self.holders {
            let names = groups().map(|group| format!("{group}{name}"));
            let left_out = names.into_iter().find_map(|name| Some((holder.dataset.left_out.get(&name)?.clone(), name)));
            let Some((values, name)) = left_out else { continue };
            return Err(SourceError::Dataset {
                path: holder.dataset.path.clone(),
                reason: format!(
                    "{name}, which by its name is the mask {} of the grid, is there, but its values are {values}, which are not \
                     read; write it anew as int8 or float32, or name another array in [input] {}",
                    field.name(),
                    key_of(field)
                ),
            });
        }
        Ok(())
    }
}
