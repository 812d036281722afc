//! `oceanspec compare`.

use super::{arguments, print};
use crate::Error;
use crate::compare::{self, Options};
use crate::exchange::one_process;

pub(super) fn compare(arguments: &arguments::Compare) -> Result<(), Error> {
    one_process("compare")?;
    let options = Options {
        arrays: arguments.arrays.as_deref(),
        output: arguments.output.as_deref(),
        overwrite: arguments.overwrite,
    };
    let found = compare::compare(&arguments.a, &arguments.b, options)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&found.to_json());
        print(&text.map_err(|error| Error::Internal { what: error.to_string() })?);
    } else {
        print(found.to_string().trim_end());
    }
    Ok(())
}
