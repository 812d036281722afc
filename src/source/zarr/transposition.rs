//! Chunks whose axes were exchanged before they were written.

/// Side of the squares that are turned at once, so that both their rows and their columns stay in the cache.
const SQUARE: usize = 16;

/// Puts values back in their order: `stored` has the axes `order[0]`, `order[1]`, ... of `shape`, slowest first; `out` has
/// those of `shape`. Both hold as many values of `value_bytes` as `shape` says.
pub(super) fn restore(stored: &[u8], shape: &[u64], order: &[usize], value_bytes: usize, out: &mut [u8]) {
    match value_bytes {
        1 => restore_values::<1>(stored, shape, order, out),
        2 => restore_values::<2>(stored, shape, order, out),
        4 => restore_values::<4>(stored, shape, order, out),
        _ => restore_values::<8>(stored, shape, order, out),
    }
}

fn restore_values<const N: usize>(stored: &[u8], shape: &[u64], order: &[usize], out: &mut [u8]) {
    let ((stored, _), (out, _)) = (stored.as_chunks::<N>(), out.as_chunks_mut::<N>());
    let rank = shape.len();
    if rank < 2 {
        out.copy_from_slice(stored);
        return;
    }
    let lengths: Vec<usize> = shape.iter().map(|length| *length as usize).collect();
    let (mut from, mut to) = (vec![1; rank], vec![1; rank]);
    let (mut from_step, mut to_step) = (1, 1);
    for k in (0..rank).rev() {
        from[order[k]] = from_step;
        from_step *= lengths[order[k]];
        to[k] = to_step;
        to_step *= lengths[k];
    }
    let (rows, columns) = (order[rank - 1], rank - 1);
    let others: Vec<usize> = (0..rank).filter(|axis| *axis != rows && *axis != columns).collect();
    let mut index = vec![0; others.len()];
    loop {
        let start = |steps: &[usize]| -> usize { others.iter().zip(&index).map(|(axis, at)| steps[*axis] * at).sum() };
        let (first_in, first_out) = (start(&from), start(&to));
        if rows == columns {
            let run = lengths[columns];
            out[first_out..first_out + run].copy_from_slice(&stored[first_in..first_in + run]);
        } else {
            for row in (0..lengths[rows]).step_by(SQUARE) {
                for column in (0..lengths[columns]).step_by(SQUARE) {
                    for r in row..(row + SQUARE).min(lengths[rows]) {
                        for c in column..(column + SQUARE).min(lengths[columns]) {
                            out[first_out + r * to[rows] + c] = stored[first_in + r + c * from[columns]];
                        }
                    }
                }
            }
        }
        // The next index of the other axes, the last of them fastest.
        let next = others.iter().zip(&mut index).rev().find_map(|(axis, at)| {
            *at += 1;
            if *at < lengths[*axis] {
                return Some(());
            }
            *at = 0;
            None
        });
        if next.is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_axes_is_undone() {
        for shape in [vec![7], vec![3, 5], vec![40, 33], vec![2, 17, 5], vec![3, 1, 4, 2], vec![1, 1]] {
            for order in orders(shape.len()) {
                let count: u64 = shape.iter().product();
                let strides: Vec<u64> = (0..shape.len()).map(|k| shape[k + 1..].iter().product()).collect();
                // The value of each place is its number in `shape`.
                let mut stored = Vec::new();
                for number in 0..count {
                    let (mut rest, mut value) = (number, 0);
                    for axis in order.iter().rev() {
                        value += rest % shape[*axis] * strides[*axis];
                        rest /= shape[*axis];
                    }
                    stored.push(value);
                }
                for bytes in [2, 4, 8] {
                    let raw = |values: Vec<u64>| -> Vec<u8> {
                        values.iter().flat_map(|value| value.to_le_bytes()[..bytes].to_vec()).collect()
                    };
                    let mut out = vec![0xee; count as usize * bytes];
                    restore(&raw(stored.clone()), &shape, &order, bytes, &mut out);
                    assert_eq!(out, raw((0..count).collect()), "{shape:?} {order:?} {bytes}");
                }
            }
        }
    }

    fn orders(rank: usize) -> Vec<Vec<usize>> {
        if rank == 0 {
            return vec![vec![]];
        }
        let mut all = Vec::new();
        for shorter in orders(rank - 1) {
            for place in 0..rank {
                let mut order = shorter.clone();
                order.insert(place, rank - 1);
                all.push(order);
            }
        }
        all
    }
}
