//! How many ranks and nodes where nobody says so.

/// Cores of a rank: few enough for one part of the memory, many enough that ranks are few.
const CORES_A_RANK: f64 = 8.0;

/// Ranks of a node of `cores` cores: the divisor nearest to one for 8 cores, so that no core is left over.
pub fn ranks_per_node(cores: usize) -> usize {
    let wanted = cores as f64 / CORES_A_RANK;
    let distance = |ranks: usize| (ranks as f64 - wanted).abs();
    let divisors = (1..=cores).filter(|&ranks| cores.is_multiple_of(ranks));
    divisors.min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(1)
}

/// The fewest nodes, up to `most`, that are enough, by doubling and halving: more nodes than enough are taken to be
/// enough as well. None if `most` are too few.
///
/// # Errors
/// The first error of `enough`.
pub fn fewest_nodes<E>(most: usize, mut enough: impl FnMut(usize) -> Result<bool, E>) -> Result<Option<usize>, E> {
    let (mut few, mut many) = (0, 1);
    while !enough(many)? {
        if many >= most {
            return Ok(None);
        }
        few = many;
        many = (2 * many).min(most);
    }
    while many - few > 1 {
        let middle = few + (many - few) / 2;
        if enough(middle)? {
            many = middle;
        } else {
            few = middle;
        }
    }
    Ok(Some(many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_leave_no_core_over() {
        let ranks: Vec<usize> = [1, 2, 8, 13, 16, 24, 28, 32, 40, 48, 64, 96, 128].map(ranks_per_node).to_vec();
        assert_eq!(ranks, [1, 1, 1, 1, 2, 3, 4, 4, 5, 6, 8, 12, 16]);
        for cores in 1..=300 {
            let ranks = ranks_per_node(cores);
            assert!(ranks >= 1 && cores % ranks == 0, "{cores} cores, {ranks} ranks");
        }
    }

    #[test]
    fn the_fewest_nodes_are_found() {
        for most in [1, 2, 3, 7, 64, 100] {
            for least in 1..=most + 1 {
                let mut asked = 0;
                let found = fewest_nodes(most, |nodes| -> Result<bool, ()> {
                    assert!((1..=most).contains(&nodes));
                    asked += 1;
                    Ok(nodes >= least)
                });
                assert_eq!(found, Ok((least <= most).then_some(least)), "{least} of {most}");
                assert!(asked <= 14, "{asked} plans");
            }
        }
        assert_eq!(fewest_nodes(8, |nodes| if nodes < 4 { Ok(false) } else { Err(nodes) }), Err(4));
    }
}
