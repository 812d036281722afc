//! Pairs of positions along a dimension of each array.

/// What runs along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Places, which together are a map.
    Space,
    /// Bands, segments of time: what has a map of its own for each.
    Sheet,
    /// Values of a spectrum.
    Frequency,
}

/// Positions that belong together, along the dimensions of the axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) reference: [u64; 1],
    pub(crate) result: [u64; 3],
}

#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) role: Role,
    /// The dimensions of each array that it runs along; positions beyond these are unused.
    pub(crate) reference_dims: Vec<usize>,
    pub(crate) result_dims: Vec<usize>,
    pub(crate) pairs: Vec<Pair>,
}

impl Axis {
    /// An axis that is one dimension of each array; `found` has, for each position in the reference, the one in the result.
    pub(crate) fn of_dimensions(role: Role, reference: usize, result: usize, found: &[Option<u64>]) -> Self {
        let pair = |(n, at): (usize, &Option<u64>)| Some(Pair { reference: [n as u64], result: [(*at)?, 0, 0] });
        let pairs = found.iter().enumerate().filter_map(pair).collect();
        Axis { role, reference_dims: vec![reference], result_dims: vec![result], pairs }
    }
}
