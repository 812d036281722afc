//! What is averaged over an area.

/// Values of one point that are averaged over areas, in parts of equal length that each have an area of their own: a point
/// may have a value in some parts and none in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// Values of a part.
    pub values: usize,
    /// Parts.
    pub parts: usize,
}

impl Quantity {
    /// One part.
    pub fn whole(values: usize) -> Self {
        Quantity { values, parts: 1 }
    }

    /// Numbers that are kept of it for each area: sums, then areas, then counts.
    pub fn numbers(&self) -> usize {
        (self.values + 2) * self.parts
    }
}
