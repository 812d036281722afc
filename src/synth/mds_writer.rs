//! MITgcm's MDS files: raw big-endian float32 in `.data`, a text that describes it in `.meta`.
//!
//! The text is laid out as MITgcm's pkg/mdsio (`MDS_WRITE_META`) lays it out, to the blank.

use std::fmt::Write as _;
use std::path::Path;

use super::SynthError;

/// When a field was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    /// `timeStepNumber`.
    pub iteration: u64,
    /// `timeInterval`: model time [s].
    pub seconds: f64,
}

/// What a `.meta` file says. Fill in what the file has; the rest comes from `Default`.
#[derive(Clone, Debug, PartialEq)]
pub struct MdsHeader {
    /// Lengths, the fastest first: `[nx, ny]` or `[nx, ny, nr]`.
    pub dims: Vec<usize>,
    /// Records in the file, one after the other.
    pub records: usize,
    /// Iteration and time; grid files have none.
    pub stamp: Option<Stamp>,
    /// `missingValue`.
    pub missing: Option<f64>,
    /// Names of the records, of at most 8 characters.
    pub fields: Vec<String>,
}

impl Default for MdsHeader {
    fn default() -> Self {
        MdsHeader { dims: Vec::new(), records: 1, stamp: None, missing: None, fields: Vec::new() }
    }
}

impl MdsHeader {
    /// A header with dimensions only, as of grid files.
    pub fn of(dims: &[usize]) -> MdsHeader {
        MdsHeader { dims: dims.to_vec(), ..MdsHeader::default() }
    }

    /// The header of one field at one time, with the model's mark for missing values.
    pub(super) fn of_snapshot(dims: &[usize], field: &str, stamp: Stamp) -> MdsHeader {
        MdsHeader { stamp: Some(stamp), missing: Some(-999.0), fields: vec![field.to_owned()], ..MdsHeader::of(dims) }
    }

    /// Values in the `.data` file, all records.
    pub fn len(&self) -> u64 {
        self.dims.iter().map(|&n| n as u64).product::<u64>() * self.records as u64
    }

    /// Whether the file holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of the `.meta` file.
    pub fn text(&self) -> String {
        let mut text = format!(" nDims = [ {:3} ];\n dimList = [\n", self.dims.len());
        // MITgcm widens the columns for large domains.
        let width = if self.dims.iter().any(|&n| n >= 10_000) { 10 } else { 5 };
        for (d, n) in self.dims.iter().enumerate() {
            let comma = if d + 1 < self.dims.len() { "," } else { "" };
            push(&mut text, format_args!(" {n:width$},{:width$},{n:width$}{comma}\n", 1));
        }
        push(&mut text, format_args!(" ];\n dataprec = [ 'float32' ];\n nrecords = [ {:10} ];\n", self.records));
        if let Some(stamp) = self.stamp {
            push(&mut text, format_args!(" timeStepNumber = [ {:10} ];\n", stamp.iteration));
            push(&mut text, format_args!(" timeInterval = [{} ];\n", fortran_e(stamp.seconds, 20, 12)));
        }
        if let Some(missing) = self.missing {
            push(&mut text, format_args!(" missingValue = [ {} ];\n", fortran_e(missing, 21, 14)));
        }
        if !self.fields.is_empty() {
            push(&mut text, format_args!(" nFlds = [ {:4} ];\n fldList = {{\n", self.fields.len()));
            for line in self.fields.chunks(20) {
                for field in line {
                    push(&mut text, format_args!(" '{field:8}'"));
                }
                text.push('\n');
            }
            text.push_str(" };\n");
        }
        text
    }
}

fn push(text: &mut String, piece: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = text.write_fmt(piece);
}

/// A number as Fortran's `1PEw.d` writes it: a mantissa with one digit before the point, a signed exponent of two.
fn fortran_e(value: f64, width: usize, decimals: usize) -> String {
    let short = format!("{value:.decimals$e}");
    let (mantissa, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    // Past two digits the letter gives way: 1.0+100.
    let letter = if digits.len() > 2 { "" } else { "E" };
    format!("{:>width$}", format!("{mantissa}{letter}{sign}{digits:0>2}"))
}

/// Writes the `.meta` file at `path`.
///
/// # Errors
/// [`SynthError::Io`].
pub fn write_meta(path: &Path, header: &MdsHeader) -> Result<(), SynthError> {
    std::fs::write(path, header.text()).map_err(SynthError::io("write", path))
}

/// Writes the `.data` file at `path` and, beside it, the `.meta` file if there is a `header`.
///
/// `values` are the records one after the other, each with its fastest dimension first.
///
/// # Errors
/// [`SynthError::Length`] where the values do not fill the header's dimensions, [`SynthError::Io`].
pub fn write_data(path: &Path, values: &[f32], header: Option<&MdsHeader>) -> Result<(), SynthError> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    append_big_endian(&mut bytes, values);
    write_bytes(path, &bytes, header)
}

/// [`write_data`] for values that are big-endian already.
pub(super) fn write_bytes(path: &Path, bytes: &[u8], header: Option<&MdsHeader>) -> Result<(), SynthError> {
    if let Some(header) = header {
        let got = (bytes.len() / size_of::<f32>()) as u64;
        if got != header.len() {
            return Err(SynthError::Length { path: path.to_owned(), expected: header.len(), got });
        }
    }
    std::fs::write(path, bytes).map_err(SynthError::io("write", path))?;
    header.map_or(Ok(()), |header| write_meta(&path.with_extension("meta"), header))
}

/// Appends values to a buffer as big-endian float32.
pub(super) fn append_big_endian(bytes: &mut Vec<u8>, values: &[f32]) {
    let start = bytes.len();
    bytes.resize(start + size_of_val(values), 0);
    for (bytes, value) in bytes[start..].chunks_exact_mut(4).zip(values) {
        bytes.copy_from_slice(&value.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that MITgcm (checkpoint69p) wrote for a 48 × 40 surface velocity.
    #[test]
    fn the_text_is_the_models() {
        let header = MdsHeader {
            dims: vec![48, 40],
            stamp: Some(Stamp { iteration: 10_368, seconds: 259_200.0 }),
            missing: Some(-999.0),
            fields: vec!["UVEL".into()],
            ..MdsHeader::default()
        };
        let expected = concat!(
            " nDims = [   2 ];\n dimList = [\n    48,    1,   48,\n    40,    1,   40\n ];\n",
            " dataprec = [ 'float32' ];\n nrecords = [          1 ];\n timeStepNumber = [      10368 ];\n",
            " timeInterval = [  2.592000000000E+05 ];\n missingValue = [ -9.99000000000000E+02 ];\n",
            " nFlds = [    1 ];\n fldList = {\n 'UVEL    '\n };\n",
        );
        assert_eq!(header.text(), expected);
    }

    #[test]
    fn large_domains_widen_and_grid_files_have_no_time() {
        let expected = concat!(
            " nDims = [   3 ];\n dimList = [\n       4320,         1,      4320,\n",
            "      56160,         1,     56160,\n         90,         1,        90\n ];\n",
            " dataprec = [ 'float32' ];\n nrecords = [          1 ];\n",
        );
        assert_eq!(MdsHeader::of(&[4320, 56_160, 90]).text(), expected);
    }

    #[test]
    fn numbers_as_fortran_writes_them() {
        assert_eq!(fortran_e(0.0, 20, 12), "  0.000000000000E+00");
        assert_eq!(fortran_e(-2.5e-7, 20, 12), " -2.500000000000E-07");
        assert_eq!(fortran_e(9.999_999_999_999_9, 20, 12), "  1.000000000000E+01");
        assert_eq!(fortran_e(1e100, 20, 12), "  1.000000000000+100");
    }

    #[test]
    fn data_are_big_endian_and_must_fill_the_dimensions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("T.0000000001.data");
        let header = MdsHeader { records: 2, ..MdsHeader::of(&[2, 1]) };
        write_data(&path, &[1.0, -2.0, 0.0, f32::NAN], Some(&header)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[..12], [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes.len(), 16);
        let meta = std::fs::read_to_string(folder.path().join("T.0000000001.meta")).unwrap();
        assert_eq!(meta, header.text());
        let error = write_data(&path, &[1.0], Some(&header)).unwrap_err();
        assert!(matches!(error, SynthError::Length { expected: 4, got: 1, .. }), "{error}");
        let nowhere = folder.path().join("none/T.data");
        assert!(matches!(write_data(&nowhere, &[1.0], None), Err(SynthError::Io { .. })));
    }
}
