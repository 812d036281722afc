//! How values lie in the files of a variable, and where a record and level of it is.

use super::{Endian, Meta, Number};

/// A record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordChoice {
    /// By place, 1-based.
    Number(u64),
    /// By name in `fldList`.
    Name(String),
}

/// What the configuration says of files, where they do not say it themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assumed {
    pub(super) endian: Endian,
    pub(super) value_bytes: u64,
    pub(super) shape: Option<[usize; 2]>,
}

/// [record][level][j][i], of the whole domain where files are tiles.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) ni: u64,
    pub(super) nj: u64,
    pub(super) levels: u64,
    pub(super) records: u64,
    pub(super) number: Number,
    pub(super) fields: Vec<String>,
}

/// A level or record that is not there: the key, the value asked for, what there is.
#[derive(Debug)]
pub(super) struct NotThere {
    pub(super) key: &'static str,
    pub(super) asked: String,
    pub(super) have: String,
}

/// Fields that take one slice of a restart file, whatever the number of levels; all names that begin with `si` too, but
/// for those of [`BY_CATEGORY`]. The rest take one slice a level.
const FLAT: [&str; 5] = ["EtaN", "dEtaHdt", "EtaH", "Phi_rLow", "dPhiNH"];

/// Sea-ice fields with a slice for each thickness category.
const BY_CATEGORY: [&str; 4] = ["siTICES", "siAREAn", "siHEFFn", "siHSNOWn"];

impl Layout {
    /// From a `.meta`.
    ///
    /// # Errors
    /// Why it cannot be: a text that follows the file's name.
    pub(super) fn from_meta(meta: &Meta, assumed: &Assumed) -> Result<Self, String> {
        let Some(value_bytes) = meta.value_bytes(assumed.value_bytes) else {
            let stored = meta.data_precision.as_deref().unwrap_or_default();
            return Err(format!("dataprec is `{stored}`; float32 and float64 can be read"));
        };
        let (ni, nj) = (meta.dimensions[0], meta.dimensions[1]);
        let levels = meta.dimensions.get(2).copied().unwrap_or(1);
        if let Some([first, last]) = meta.ranges.get(2)
            && [*first, *last] != [1, levels]
        {
            return Err(format!("holds levels {first} to {last} of {levels}; files must hold all levels"));
        }
        let records = meta.records.unwrap_or(1);
        let bytes = [ni, nj, levels, records, value_bytes].into_iter().try_fold(1_u64, u64::checked_mul);
        if bytes.is_none_or(|bytes| bytes > i64::MAX as u64 || bytes == 0) {
            return Err(format!("gives {ni} x {nj} x {levels} x {records} values, which no file can hold"));
        }
        if let Some(shape) = assumed.shape
            && shape.map(|size| size as u64) != [nj, ni]
        {
            return Err(format!("gives nj = {nj}, ni = {ni}, but [input] shape = {shape:?}"));
        }
        let number = Number::of(value_bytes, assumed.endian);
        Ok(Layout { ni, nj, levels, records, number, fields: meta.fields.clone() })
    }

    /// Of a file of `length` bytes without `.meta`: as many levels of the configured shape as it holds.
    ///
    /// # Errors
    /// What the length should be a multiple of, where it is none.
    pub(super) fn from_length(length: u64, [nj, ni]: [usize; 2], assumed: &Assumed) -> Result<Self, u64> {
        let plane = [nj as u64, ni as u64, assumed.value_bytes].into_iter().try_fold(1, u64::checked_mul);
        let plane = plane.unwrap_or(u64::MAX);
        if length == 0 || plane == 0 || !length.is_multiple_of(plane) {
            return Err(plane);
        }
        Ok(Layout {
            ni: ni as u64,
            nj: nj as u64,
            levels: length / plane,
            records: 1,
            number: Number::of(assumed.value_bytes, assumed.endian),
            fields: Vec::new(),
        })
    }

    /// Planes [j, i] in a file.
    pub(super) fn planes(&self) -> u64 {
        self.levels * self.records
    }

    /// In words, for messages.
    pub(super) fn describe(&self) -> String {
        let kind = if self.number.bytes() == 8 { "float64" } else { "float32" };
        format!("{} x {} x {} level(s) x {} record(s) of {kind}", self.ni, self.nj, self.levels, self.records)
    }

    /// Whether records are the slices of fields one after the other, as in restart files: `nrecords` then counts slices,
    /// `fldList` fields.
    fn has_slices(&self) -> bool {
        self.levels == 1 && !self.fields.is_empty() && self.records > self.fields.len() as u64
    }

    /// Levels of a three-dimensional field.
    pub(super) fn levels_of_a_field(&self) -> u64 {
        if self.has_slices() { slices_of_each(&self.fields, self.records).unwrap_or(1) } else { self.levels }
    }

    /// 0-based place of a record's level among the planes of a file.
    ///
    /// In restart files a number is that of a slice, and `level` has no part in it.
    ///
    /// # Errors
    /// What is not there, and what is.
    pub(super) fn plane(&self, choice: &RecordChoice, level: u64) -> Result<u64, NotThere> {
        let record_not_there = |asked: String| NotThere {
            key: "record",
            asked,
            have: match self.fields.as_slice() {
                [] => format!("{} record(s)", self.records),
                names => format!("{} record(s): {}", self.records, names.join(", ")),
            },
        };
        let record = match choice {
            RecordChoice::Number(number) if (1..=self.records).contains(number) => number - 1,
            RecordChoice::Number(number) => return Err(record_not_there(number.to_string())),
            RecordChoice::Name(name) => {
                let at = self.fields.iter().position(|field| field == name);
                let at = at.filter(|&at| (at as u64) < self.records);
                let at = at.ok_or_else(|| record_not_there(format!("\"{name}\"")))?;
                if self.has_slices() {
                    return slice(&self.fields, self.records, at, level);
                }
                at as u64
            }
        };
        if self.has_slices() {
            return Ok(record);
        }
        if level < 1 || level > self.levels {
            let have = format!("{} level(s)", self.levels);
            return Err(NotThere { key: "level", asked: level.to_string(), have });
        }
        Ok(record * self.levels + level - 1)
    }
}

fn is_flat(name: &str) -> bool {
    FLAT.contains(&name) || (name.starts_with("si") && !BY_CATEGORY.contains(&name))
}

/// Slices of each field that is not flat; none where they are no whole number.
fn slices_of_each(fields: &[String], records: u64) -> Option<u64> {
    let flat = fields.iter().filter(|name| is_flat(name)).count() as u64;
    let deep = fields.len() as u64 - flat;
    let slices = records.checked_sub(flat)?;
    (deep > 0 && slices >= deep && slices.is_multiple_of(deep)).then(|| slices / deep)
}

/// 0-based slice of a level of field `at` in a restart file.
fn slice(fields: &[String], records: u64, at: usize, level: u64) -> Result<u64, NotThere> {
    let name = &fields[at];
    let Some(each) = slices_of_each(fields, records) else {
        let flat = fields.iter().filter(|name| is_flat(name)).count();
        return Err(NotThere {
            key: "record",
            asked: format!("\"{name}\""),
            have: format!(
                "{records} slices of the fields {}, of which {flat} are known to have one level: the others would not \
                 have equally many; give the slice's number, from 1",
                fields.join(", ")
            ),
        });
    };
    let count = |name: &String| if is_flat(name) { 1 } else { each };
    if level < 1 || level > count(name) {
        let have = format!("{} level(s) of {name}", count(name));
        return Err(NotThere { key: "level", asked: level.to_string(), have });
    }
    Ok(fields[..at].iter().map(count).sum::<u64>() + level - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ASSUMED: Assumed = Assumed { endian: Endian::Big, value_bytes: 4, shape: None };

    fn layout(levels: u64, records: u64, fields: &[&str]) -> Layout {
        let fields = fields.iter().map(|&name| name.to_owned()).collect();
        Layout { ni: 4, nj: 3, levels, records, number: Number::Float32(Endian::Big), fields }
    }

    fn name(name: &str) -> RecordChoice {
        RecordChoice::Name(name.to_owned())
    }

    #[test]
    fn records_of_diagnostics_have_all_their_levels() {
        let state = layout(3, 4, &["UVEL", "VVEL", "WVEL", "THETA"]);
        assert_eq!(state.plane(&name("VVEL"), 3).unwrap(), 5);
        assert_eq!(state.plane(&RecordChoice::Number(2), 3).unwrap(), 5);
        assert_eq!(state.levels_of_a_field(), 3);
        assert_eq!(state.plane(&name("VVEL"), 4).unwrap_err().have, "3 level(s)");
        assert_eq!(state.plane(&RecordChoice::Number(1), 0).unwrap_err().key, "level");
        assert!(state.plane(&RecordChoice::Number(5), 1).unwrap_err().have.contains("THETA"));
        assert!(state.plane(&RecordChoice::Number(0), 1).is_err());
        assert_eq!(layout(1, 2, &["UVEL", "VVEL"]).plane(&name("VVEL"), 1).unwrap(), 1);
    }

    #[test]
    fn restart_files_are_slices() {
        let names = ["Uvel", "Vvel", "Theta", "Salt", "GuNm1", "GvNm1", "GtNm1", "EtaN", "dEtaHdt", "EtaH"];
        let pickup = layout(1, 45, &names);
        assert_eq!(pickup.levels_of_a_field(), 6);
        assert_eq!(pickup.plane(&name("Uvel"), 1).unwrap(), 0);
        assert_eq!(pickup.plane(&name("Vvel"), 6).unwrap(), 11);
        assert_eq!(pickup.plane(&name("EtaN"), 1).unwrap(), 42);
        assert_eq!(pickup.plane(&name("EtaH"), 1).unwrap(), 44);
        assert_eq!(pickup.plane(&name("EtaH"), 2).unwrap_err().have, "1 level(s) of EtaH");
        assert_eq!(pickup.plane(&name("Vvel"), 7).unwrap_err().have, "6 level(s) of Vvel");
        // By number the level is that of the masks.
        assert_eq!(pickup.plane(&RecordChoice::Number(12), 6).unwrap(), 11);
        assert!(pickup.plane(&RecordChoice::Number(46), 1).is_err());
        let ice = layout(1, 13, &["siTICES", "siAREA", "siHEFF", "siHSNOW", "siUICE", "siVICE", "siSigm12"]);
        assert_eq!(ice.plane(&name("siVICE"), 1).unwrap(), 11);
        let unknown = layout(1, 44, &names);
        let error = unknown.plane(&name("Uvel"), 1).unwrap_err();
        assert!(error.have.contains("number") && error.key == "record", "{error:?}");
        assert_eq!(unknown.plane(&RecordChoice::Number(44), 1).unwrap(), 43);
        assert!(layout(1, 9, &["EtaN", "EtaH"]).plane(&name("EtaN"), 1).is_err());
    }

    #[test]
    fn sizes_that_no_file_has_are_refused() {
        let read = |text: &str| Layout::from_meta(&Meta::parse(text).unwrap(), &ASSUMED);
        let big = u64::MAX;
        for (text, part) in [
            (format!("dimList = [ {big},1,{big}, 2,1,2 ];"), "no file can hold"),
            ("dimList = [ 3000000000,1,1, 3000000000,1,1 ];".into(), "no file can hold"),
            ("dimList = [ 2,1,2, 2,1,2 ]; nrecords = [ 0 ];".into(), "no file can hold"),
            (format!("dimList = [ 2,1,2, 2,1,2 ]; nrecords = [ {big} ];"), "no file can hold"),
            ("dimList = [ 2,1,2, 2,1,2, 5,2,3 ];".into(), "levels 2 to 3 of 5"),
            ("dimList = [ 2,1,2, 2,1,2 ]; dataprec = ['int16'];".into(), "int16"),
        ] {
            let reason = read(&text).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
        assert_eq!(Layout::from_length(48, [3, 4], &ASSUMED).unwrap().levels, 1);
        assert_eq!(Layout::from_length(49, [3, 4], &ASSUMED), Err(48));
        assert_eq!(Layout::from_length(0, [3, 4], &ASSUMED), Err(48));
        assert_eq!(Layout::from_length(49, [usize::MAX, 4], &ASSUMED), Err(u64::MAX));
    }

    proptest! {
        #[test]
        fn a_plane_is_in_the_file_and_no_two_fields_share_one(
            levels in 1_u64..4, extra in 0_u64..60, level in 0_u64..9,
            names in prop::collection::vec(prop::sample::select(vec![
                "Uvel", "Vvel", "EtaN", "EtaH", "siTICES", "siAREA", "siUICE", "Theta",
            ]), 0..6),
        ) {
            let mut names = names;
            names.sort_unstable();
            names.dedup();
            let layout = layout(levels, names.len() as u64 + extra, &names);
            let mut seen = Vec::new();
            for each in &names {
                if let Ok(plane) = layout.plane(&name(each), level) {
                    prop_assert!(plane < layout.planes());
                    prop_assert!(!seen.contains(&plane));
                    seen.push(plane);
                }
            }
            for number in 0..layout.records + 2 {
                if let Ok(plane) = layout.plane(&RecordChoice::Number(number), level) {
                    prop_assert!(plane < layout.planes());
                }
            }
        }

        #[test]
        fn no_sizes_overflow(numbers in prop::array::uniform4(any::<u64>()), records in any::<u64>()) {
            let [ni, nj, first, last] = numbers;
            let meta = Meta {
                dimensions: vec![ni, nj],
                ranges: vec![[first, last], [1, nj]],
                records: Some(records),
                ..Meta::default()
            };
            if let Ok(layout) = Layout::from_meta(&meta, &ASSUMED) {
                prop_assert!(u128::from(ni) * u128::from(nj) * u128::from(layout.planes()) * 4 <= i64::MAX as u128);
            }
            let _ = Layout::from_length(first, [ni as usize, nj as usize], &ASSUMED);
        }
    }
}
