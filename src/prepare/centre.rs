//! C-grid velocities to cell centres: the mean of the two faces.

use crate::terms::Sample;

/// u of one row to the centres of every `stride`-th cell: u_c = (u[i] + u[i+1]) / 2.
///
/// `faces` starts with the west face of the first cell. Where the last cell's east face is not in the
/// row, `beyond` gives it; without it that cell is 0, and no point with a spectrum may depend on it.
pub fn centre_along_i<T: Sample>(faces: &[T], beyond: Option<T>, stride: usize, centres: &mut [T]) {
    let (half, cells) = (T::rounded(0.5), centres.len());
    if stride == 1 {
        // All cells but, where its east face is not in the row, the last.
        for ((centre, west), east) in centres.iter_mut().zip(faces).zip(&faces[1..]) {
            *centre = half * (*west + *east);
        }
        if let (Some(centre), true) = (centres.last_mut(), faces.len() == cells) {
            *centre = beyond.map_or(T::zero(), |east| half * (faces[cells - 1] + east));
        }
        return;
    }
    for (at, centre) in centres.iter_mut().enumerate() {
        let west = faces[at * stride];
        let east = faces.get(at * stride + 1).copied().or(beyond);
        *centre = east.map_or(T::zero(), |east| half * (west + east));
    }
}

/// v of one row to the centres of every `stride`-th cell: v_c = (v[j] + v[j+1]) / 2.
///
/// Without a row of north faces (beyond the domain) the centres are 0, and no point with a spectrum may
/// depend on them.
pub fn centre_along_j<T: Sample>(south: &[T], north: Option<&[T]>, stride: usize, centres: &mut [T]) {
    let half = T::rounded(0.5);
    let Some(north) = north else {
        centres.fill(T::zero());
        return;
    };
    if stride == 1 {
        for ((centre, south), north) in centres.iter_mut().zip(south).zip(north) {
            *centre = half * (*south + *north);
        }
        return;
    }
    for (at, centre) in centres.iter_mut().enumerate() {
        *centre = half * (south[at * stride] + north[at * stride]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_is_the_mean_of_its_two_faces() {
        let mut centres = [9.0; 3];
        centre_along_i(&[1.0, 3.0, 5.0, 9.0], None, 1, &mut centres);
        assert_eq!(centres, [2.0, 4.0, 7.0]);
        centre_along_i(&[1.0, 3.0, 5.0], Some(7.0), 1, &mut centres);
        assert_eq!(centres, [2.0, 4.0, 6.0]);
        centre_along_i(&[1.0, 3.0, 5.0], None, 1, &mut centres);
        assert_eq!(centres, [2.0, 4.0, 0.0]);
        let mut two = [0.0; 2];
        centre_along_i(&[1.0, 3.0, 5.0, 9.0], None, 2, &mut two);
        assert_eq!(two, [2.0, 7.0]);
        centre_along_j(&[1.0, 0.0, 3.0], Some(&[3.0, 0.0, 9.0]), 2, &mut two);
        assert_eq!(two, [2.0, 6.0]);
        centre_along_j(&[1.0, 0.0, 3.0], None, 2, &mut two);
        assert_eq!(two, [0.0, 0.0]);
    }
}
