//! `oceanspec validate`.

use super::{arguments, print};
use crate::Error;
use crate::exchange::one_process;
use crate::validate;

pub(super) fn validate(arguments: &arguments::Validate) -> Result<(), Error> {
    one_process("validate")?;
    let report = validate::validate(&arguments.result, &arguments.against, arguments.tolerance)?;
    print(&report.to_string());
    if report.passed() {
        return Ok(());
    }
    Err(Error::Missed {
        result: arguments.result.display().to_string(),
        reference: arguments.against.display().to_string(),
    })
}
