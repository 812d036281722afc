//! Reports for people: one block a field, odd things last.

use std::fmt;

use super::{
    ArrayReport, DatedGap, Extreme, FieldReport, FolderReport, GridReport, Moment, StoreReport, StoreTimeReport,
    TimeReport, ValuesReport,
};
use crate::terms::{Bytes, Seconds, short};

/// Odd files, gaps and stray files shown of each kind; the JSON has them all.
const SHOWN: usize = 10;

/// The first few of a list, and how many more there are.
fn few<T>(list: &[T], show: impl Fn(&T) -> String) -> String {
    let mut text = list.iter().take(SHOWN).map(show).collect::<Vec<_>>().join(", ");
    if list.len() > SHOWN {
        text += &format!(" and {} more", list.len() - SHOWN);
    }
    text
}

/// The first things that are odd, and how many more there are.
fn write_odd(f: &mut fmt::Formatter<'_>, odd: &[String]) -> fmt::Result {
    for odd in odd.iter().take(SHOWN) {
        writeln!(f, "    odd: {odd}")?;
    }
    if odd.len() > SHOWN {
        writeln!(f, "    odd: {} more", odd.len() - SHOWN)?;
    }
    Ok(())
}

impl fmt::Display for FolderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (names of the form {})", self.folder.display(), self.pattern)?;
        for field in &self.fields {
            write!(f, "{field}")?;
        }
        if self.fields.is_empty() {
            writeln!(f, "  no file has such a name; [input] pattern says the form of the names")?;
        }
        if !self.grid_files.is_empty() {
            writeln!(f, "  grid files: {}", self.grid_files.join(" "))?;
        }
        if !self.stray_files.is_empty() {
            let names = few(&self.stray_files, Clone::clone);
            writeln!(f, "  {} other file(s): {names}", self.stray_files.len())?;
        }
        Ok(())
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.files == 1 { String::new() } else { format!(", {} files or stores", self.files) };
        writeln!(f, "{} ({}{files})", self.paths.join(", "), self.formats.join("; "))?;
        for array in &self.arrays {
            array.write(f, self.files)?;
        }
        for time in &self.times {
            write!(f, "{time}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        for odd in &self.unreadable {
            writeln!(f, "  odd: {odd}")?;
        }
        Ok(())
    }
}

impl ArrayReport {
    fn write(&self, f: &mut fmt::Formatter<'_>, files: usize) -> fmt::Result {
        let lengths = |lengths: &[u64]| lengths.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ");
        let dimensions: Vec<String> =
            self.dimensions.iter().zip(&self.shape).map(|(name, length)| format!("{name} = {length}")).collect();
        write!(f, "  {} ({}) {}", self.name, dimensions.join(", "), self.dtype)?;
        if let Some(units) = &self.units {
            write!(f, " [{units}]")?;
        }
        if let Some(name) = &self.long_name {
            write!(f, ", {name}")?;
        }
        match &self.chunk {
            Some(chunk) => write!(f, "; chunks of {}", lengths(chunk))?,
            None if self.shape.len() > 1 => write!(f, "; without chunks")?,
            None => {}
        }
        for words in [&self.codecs, &self.packing].into_iter().filter(|words| !words.is_empty()) {
            write!(f, ", {words}")?;
        }
        if self.files != files {
            write!(f, "; in {} of the files", self.files)?;
        }
        writeln!(f)?;
        if self.differs {
            writeln!(f, "    odd: not all files describe it so")?;
        }
        if let Some(count) = self.chunks_not_stored.filter(|count| *count > 0) {
            writeln!(f, "    {count} chunk(s) not stored: all their values are the fill value")?;
        }
        write_odd(f, &self.unreadable)?;
        for values in &self.values {
            write!(f, "{values}")?;
        }
        Ok(())
    }
}

impl fmt::Display for StoreTimeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count > 0 {
            write!(f, "  {}: {} time(s), {}", self.dimension, self.count, self.first)?;
            if self.count > 1 {
                write!(f, " to {}", self.last)?;
            }
            if let Some(seconds) = self.seconds_per_step {
                write!(f, ", every {}", Seconds(seconds))?;
            }
            writeln!(f, ", calendar {}", self.calendar)?;
        }
        if self.missing > 0 {
            let gaps = few(&self.gaps, |gap: &DatedGap| format!("{} after {}", gap.missing, gap.after));
            writeln!(f, "    {} snapshot(s) missing: {gaps}", self.missing)?;
        }
        if !self.uneven.is_empty() {
            let uneven = few(&self.uneven, |gap: &DatedGap| format!("{} to {}", gap.after, gap.before));
            writeln!(f, "    uneven: {uneven}")?;
        }
        for reason in self.odd.iter().chain(self.unreadable.iter().take(SHOWN)) {
            writeln!(f, "    odd: {}: {reason}", self.dimension)?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tiles = if self.tiles > 1 { format!(" of {} tiles", self.tiles) } else { String::new() };
        let snapshots = match self.snapshots {
            0 => "no snapshot, restart files".to_owned(),
            count => format!("{count} snapshot(s)"),
        };
        let layout = self
            .layout
            .as_ref()
            .map_or_else(|| "shape unknown (no .meta; [input] shape says it)".to_owned(), super::FieldLayout::describe);
        writeln!(f, "  {}: {snapshots}{tiles}, {layout}, {}", self.name, Bytes(self.bytes))?;
        if let Some(names) = self.layout.as_ref().map(|layout| &layout.record_names).filter(|names| names.len() > 1) {
            writeln!(f, "    records: {}", names.join(" "))?;
        }
        if let Some(time) = &self.time {
            write!(f, "{time}")?;
        }
        if !self.restart_files.is_empty() {
            writeln!(f, "    restart files without an iteration: {}", few(&self.restart_files, Clone::clone))?;
        }
        let trouble: Vec<String> =
            self.trouble.iter().map(|trouble| format!("{}: {}", trouble.file, trouble.what)).collect();
        write_odd(f, &trouble)?;
        for values in &self.values {
            write!(f, "{values}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TimeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = |date: &Option<String>| date.as_ref().map_or_else(String::new, |date| format!(" ({date})"));
        write!(f, "    iteration {}{}", self.first_iteration, date(&self.first))?;
        if self.last_iteration != self.first_iteration {
            write!(f, " to {}{}", self.last_iteration, date(&self.last))?;
        }
        if let Some(step) = self.iterations_per_step {
            write!(f, ", every {step}")?;
            if let Some(seconds) = self.seconds_per_step {
                write!(f, " ({})", Seconds(seconds))?;
            }
        }
        if let Some(seconds) = self.averaged_over_seconds {
            write!(f, "; means over {}", Seconds(seconds))?;
        }
        writeln!(f)?;
        if self.missing > 0 {
            let gaps = few(&self.gaps, |gap| format!("{} after {}", gap.missing, gap.after));
            writeln!(f, "    {} snapshot(s) missing: {gaps}", self.missing)?;
        }
        if !self.uneven.is_empty() {
            let places = few(&self.uneven, |gap| format!("{} to {}", gap.after, gap.before));
            writeln!(f, "    uneven at {} place(s): {places}", self.uneven.len())?;
        }
        Ok(())
    }
}

impl fmt::Display for ValuesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.record_name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let record = self.record.map(|record| format!("record {record}{name}"));
        let level = self.level.map(|level| format!("level {level}"));
        let of: Vec<String> = record.into_iter().chain(level).collect();
        let of = if of.is_empty() { "values".to_owned() } else { of.join(", ") };
        write!(f, "    {of}: ")?;
        let place = |extreme: &Extreme| {
            let face = extreme.face.map_or_else(String::new, |face| format!("face = {face}, "));
            let iteration = extreme.iteration.map_or_else(String::new, |iteration| format!(", iteration {iteration}"));
            let date = extreme.date.as_ref().map_or_else(String::new, |date| format!(", {date}"));
            format!("{} ({face}j = {}, i = {}{iteration}{date})", short(extreme.value), extreme.j, extreme.i)
        };
        match (&self.minimum, &self.maximum) {
            (Some(minimum), Some(maximum)) => writeln!(f, "{} to {}", place(minimum), place(maximum))?,
            _ => writeln!(f, "no finite value")?,
        }
        if self.nan + self.infinite > 0 {
            let fixed = if self.nan_is_fixed { ", at the same places in each" } else { "" };
            let snapshots = self.snapshots_with_nan;
            writeln!(f, "      {} NaN and {} infinite in {snapshots} snapshot(s){fixed}", self.nan, self.infinite)?;
        }
        if let Some(count) = self.out_of_range.filter(|count| *count > 0) {
            writeln!(f, "      {count} of {} values, land counted, are outside [prepare] valid_range", self.values)?;
        }
        if !self.constant.is_empty() {
            let what = if matches!(self.constant[0], Moment::Iteration(_)) { "at iteration " } else { "at " };
            writeln!(f, "      one value everywhere {what}{}", few(&self.constant, Moment::to_string))?;
        }
        if !self.repeated.is_empty() {
            let pairs = few(&self.repeated, |[later, earlier]| format!("{later} is {earlier}"));
            writeln!(f, "      repeated snapshots: {pairs}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Iteration(iteration) => write!(f, "{iteration}"),
            Moment::Date(date) => f.write_str(date),
        }
    }
}

impl fmt::Display for GridReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}: {} x {} cells", self.fields.join(" "), self.ni, self.nj)?;
        let [west, east] = self.longitude;
        let [south, north] = self.latitude;
        let [west, east, south, north] = [west, east, south, north].map(short);
        writeln!(f, "  longitude {west} to {east}, latitude {south} to {north}")?;
        writeln!(f, "  {} of {} cells wet at level {}", self.wet_points, self.ni * self.nj, self.level)?;
        let turning = if self.angles {
            "AngleCS, AngleSN turn velocities to east and north"
        } else {
            "no AngleCS, AngleSN: only on a latitude-longitude grid are velocities eastward and northward"
        };
        writeln!(f, "  {turning}")
    }
}
