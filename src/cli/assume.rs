//! The sizes of `plan --assume`.

use crate::Error;
use crate::pipeline::Assumed;
use crate::terms::{Seconds, TIME_STEPS};

/// Parses `faces=13,nj=4320,ni=4320,snapshots=10311`; faces is 1 and step one hour unless given.
pub(super) fn assumed(text: &str) -> Result<Assumed, Error> {
    let wrong = |reason: String| Error::Setting {
        text: format!("--assume {text}: {reason}; write for example --assume faces=13,nj=4320,ni=4320,snapshots=10311"),
    };
    let (mut faces, mut nj, mut ni, mut snapshots, mut interval) = (None, None, None, None, None);
    for part in text.split(',') {
        let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("`{part}` has no =")))?;
        let (key, value) = (key.trim(), value.trim());
        let twice = match key {
            "step" => {
                let seconds: Seconds = match value.parse::<f64>() {
                    Ok(seconds) => Seconds(seconds),
                    Err(_) => value.parse().map_err(|error| wrong(format!("step {error}")))?,
                };
                if !TIME_STEPS.contains(&seconds.0) {
                    let (least, most) = (Seconds(*TIME_STEPS.start()), Seconds(*TIME_STEPS.end()));
                    return Err(wrong(format!("step is {value}, it must be {least} to {most}")));
                }
                interval.replace(seconds).is_some()
            }
            "faces" | "nj" | "ni" | "snapshots" => {
                let number = value.parse::<usize>().ok().filter(|&number| (1..=1 << 40).contains(&number));
                let number =
                    number.ok_or_else(|| wrong(format!("{key} is `{value}`, it must be a number from 1 to 2^40")))?;
                let slot = match key {
                    "faces" => &mut faces,
                    "nj" => &mut nj,
                    "ni" => &mut ni,
                    _ => &mut snapshots,
                };
                slot.replace(number).is_some()
            }
            _ => return Err(wrong(format!("`{key}` is not known; known: faces nj ni snapshots step"))),
        };
        if twice {
            return Err(wrong(format!("{key} is given twice")));
        }
    }
    let given = |value: Option<usize>, key: &str| value.ok_or_else(|| wrong(format!("{key} is not given")));
    Ok(Assumed {
        faces: faces.unwrap_or(1),
        nj: given(nj, "nj")?,
        ni: given(ni, "ni")?,
        snapshots: given(snapshots, "snapshots")?,
        interval: interval.unwrap_or(Seconds(3600.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_wrong_ones_named() {
        let sizes = assumed("faces=13,nj=4320, ni=4320,snapshots=10311").unwrap();
        assert_eq!((sizes.faces, sizes.nj, sizes.ni, sizes.snapshots), (13, 4320, 4320, 10311));
        assert_eq!(assumed("nj=1,ni=2,snapshots=3,step=0.5 h").unwrap().interval, Seconds(1800.0));
        for (text, part) in [
            ("", "no ="),
            ("nj=3", "ni is not given"),
            ("nj=0,ni=1,snapshots=1", "nj is `0`"),
            ("nj=1,nj=1,ni=1,snapshots=1", "twice"),
            ("nx=1", "`nx`"),
            ("nj=1,ni=1,snapshots=99999999999999999999", "snapshots"),
            ("nj=1,ni=1,snapshots=1,step=-1", "step is -1, it must be"),
        ] {
            let message = assumed(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
