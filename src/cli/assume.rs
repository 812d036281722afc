//! The sizes of `plan --assume`.

use crate::Error;
use crate::pipeline::Assumed;
use crate::terms::{Seconds, TIME_STEPS};

/// Parses `faces=13,nj=4320,ni=4320,snapshots=10311`; faces is 1, step one hour, wet 1 and shrunk false
/// unless given.
pub(super) fn assumed(text: &str) -> Result<Assumed, Error> {
    let wrong = |reason: String| Error::Setting {
        text: format!("--assume {text}: {reason}; write for example --assume faces=13,nj=4320,ni=4320,snapshots=10311"),
    };
    let (mut faces, mut nj, mut ni, mut snapshots, mut interval) = (None, None, None, None, None);
    let (mut wet, mut shrunk) = (None, None);
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
            "wet" => {
                let share = value.parse::<f64>().ok().filter(|share| (1e-6..=1.0).contains(share));
                let share = share
                    .ok_or_else(|| wrong(format!("wet is `{value}`, the share of water is above 0, at most 1")))?;
                wet.replace(share).is_some()
            }
            "shrunk" => {
                let yes = value.parse::<bool>();
                let yes = yes.map_err(|_| wrong(format!("shrunk is `{value}`, it must be true or false")))?;
                shrunk.replace(yes).is_some()
            }
            _ => return Err(wrong(format!("`{key}` is not known; known: faces nj ni snapshots step wet shrunk"))),
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
        wet: wet.unwrap_or(1.0),
        shrunk: shrunk.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::config::Config;
    use crate::pipeline::plan_assumed;
    use crate::plan::Machine;

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

    const PIECES: &[&str] = &[
        "faces",
        "nj",
        "ni",
        "snapshots",
        "step",
        "nx",
        "=",
        "=",
        "=",
        ",",
        ",",
        " ",
        "0",
        "1",
        "13",
        "4320",
        "10311",
        "-1",
        "1e3",
        "1099511627776",
        "99999999999999999999",
        "1 h",
        "0.5",
        "nan",
        "inf",
        "1e308 days",
        "é",
        "\u{0}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_sizes_or_is_shown(
            text in prop_oneof![
                proptest::collection::vec(select(PIECES), 0..20).prop_map(|pieces| pieces.concat()),
                "\\PC{0,40}",
            ],
        ) {
            match assumed(&text) {
                Ok(sizes) => {
                    for size in [sizes.faces, sizes.nj, sizes.ni, sizes.snapshots] {
                        prop_assert!((1..=1 << 40).contains(&size));
                    }
                    prop_assert!(TIME_STEPS.contains(&sizes.interval.0));
                }
                Err(error) => prop_assert!(error.to_string().contains("--assume faces=13,nj=4320")),
            }
        }

        /// Sizes as they are typed, all the way to the plan: none panics, none takes long, and what is planned fits.
        #[test]
        fn any_sizes_are_planned_or_refused_soon(
            [faces, nj, ni] in prop::array::uniform3(size(40)),
            snapshots in size(16),
            step in prop_oneof![Just("1 h".to_owned()), (1e-6_f64..1e9).prop_map(|step| step.to_string())],
            segment in size(12),
            overlap in prop_oneof![Just(0.5), 0.0..1.0, Just(0.999_999_999)],
            window in select(&["hann", "boxcar", "kaiser(8.6)", "dpss(2.5)", "dpss(50)"][..]),
            stride in prop_oneof![Just(1), size(62)],
            ranks in 1_usize..5000,
            memory_bytes_per_rank in prop_oneof![Just(0), 1_u64 << 24..1 << 40, Just(u64::MAX)],
        ) {
            let sets = [
                format!("spectrum.segment={segment} samples"),
                format!("spectrum.overlap={overlap}"),
                format!("spectrum.window={window}"),
                format!("select.stride={stride}"),
            ];
            let Ok(config) = Config::assumed(&sets) else { return Ok(()) };
            let sizes = assumed(&format!("faces={faces},nj={nj},ni={ni},snapshots={snapshots},step={step}")).unwrap();
            let machine = Machine { ranks, nodes: 1, ranks_per_node: ranks, threads: 2, memory_bytes_per_rank };
            let started = Instant::now();
            let planned = plan_assumed(&config, &sizes, machine);
            prop_assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
            match planned {
                Ok(plan) => {
                    prop_assert!(plan.memory.peak_bytes() <= memory_bytes_per_rank);
                    prop_assert!(plan.largest_mpi_count <= i32::MAX as u64);
                    prop_assert!(plan.read_factor() >= 1.0);
                }
                Err(error) => prop_assert!([2, 5].contains(&error.exit_code()), "{}", error),
            }
        }
    }

    /// Numbers of any length up to `bits`.
    fn size(bits: u32) -> impl Strategy<Value = usize> {
        (0..=bits, any::<u64>())
            .prop_map(|(bits, random)| (1_usize << bits) + (random & ((1 << bits) - 1)) as usize)
            .prop_map(move |size| size.min(1 << bits))
    }
}
