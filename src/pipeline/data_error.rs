//! What can be wrong with values read.

/// Values that cannot be right.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A value that is no number, or outside the valid range.
    #[error(
        "{file}: {field} = {} at {place} ({date}) is not within [prepare] valid_range = [{low}, {high}]; \
         widen the range, or set [prepare] missing = \"reject\" to leave out the segments that touch such values; \
         where values everywhere are huge or tiny, [input] endian or dtype is wrong", crate::terms::short(*value)
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
    },
}
