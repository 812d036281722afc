//! What can be wrong with values read.

/// Values that cannot be right.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A value that is no number, or outside the valid range.
    #[error(
        "{file}: {field} = {} at {place} ({date}) is not within [prepare] valid_range = [{low}, {high}]; \
         {advice}", crate::terms::short(*value)
    )]
    OutOfRange {
        /// File of the snapshot.
        file: String,
        /// Name of the field.
        field: String,
        /// The value as stored.
        value: f64,
        /// Face, j, i of its point.
        place: String,
        /// Time of the snapshot.
        date: String,
        /// Lower limit.
        low: f64,
        /// Upper limit.
        high: f64,
        /// What mends it.
        advice: String,
    },
}

/// What mends a value that cannot be right. `describe_themselves` are files whose metadata tell type and byte order;
/// `unstored` is the chunk that the value would be in, if it is not stored.
pub(super) fn advice(value: f64, describe_themselves: bool, unstored: Option<&str>) -> String {
    let reject = "[prepare] missing = \"reject\" to leave out the segments that touch such values";
    match unstored {
        Some(chunk) => format!(
            "chunk {chunk} is not stored and is taken for its fill value ([input] missing_chunks = \"fill\"): copy the \
             data anew if they were cut short, give [input] grid a mask if this is land, or set {reject}"
        ),
        None if describe_themselves && value.is_nan() => format!(
            "NaN is also what a value is read as that equals _FillValue, missing_value or, in Zarr 2, fill_value: set {reject}, or \
             give [input] grid a mask if this is land"
        ),
        None if value.is_nan() => {
            format!("set {reject}; where values everywhere are huge or tiny, [input] endian or dtype is wrong")
        }
        None if describe_themselves => format!("widen the range, or set {reject}"),
        None => format!(
            "widen the range, or set {reject}; where values everywhere are huge or tiny, [input] endian or dtype is wrong"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_is_for_the_files_at_hand() {
        assert!(advice(11.0, false, None).contains("[input] endian or dtype"));
        let range = advice(11.0, true, None);
        assert!(range.starts_with("widen the range") && !range.contains("endian"), "{range}");
        let none = advice(f64::NAN, true, None);
        assert!(none.contains("equals _FillValue, missing_value or, in Zarr 2, fill_value"), "{none}");
        assert!(!none.contains("widen") && !advice(f64::NAN, false, None).contains("widen"));
        let unstored = advice(f64::NAN, true, Some("(3, 0, 1)"));
        assert!(unstored.contains("chunk (3, 0, 1) is not stored") && unstored.contains("[input] missing_chunks"));
        assert!(!unstored.contains("widen") && !unstored.contains("endian"), "{unstored}");
    }
}
