//! The configuration that goes with the data, with comments that teach.

use super::SynthSpec;
use crate::terms::SECONDS_PER_DAY;

/// Longest segment written, as in studies of one-year records.
const LONGEST_SEGMENT_DAYS: usize = 60;

/// The text of `run.toml`; its paths are relative to itself.
pub(super) fn run_config(spec: &SynthSpec) -> String {
    let shape = if spec.meta {
        "# Shape, type and byte order come from the .meta files.\n".to_owned()
    } else {
        format!(
            "# There are no .meta files, so the shape [nj, ni], the type and the byte order are said here.\n\
             shape     = [{}, {}]\ndtype     = \"float32\"\nendian    = \"big\"\n",
            spec.ny, spec.nx
        )
    };
    let segment = segment_samples(spec);
    let samples_per_day = SECONDS_PER_DAY / spec.interval.0;
    let whole_days = segment as f64 % samples_per_day == 0.0;
    let written = match (whole_days, segment as f64 / samples_per_day) {
        (true, 1.0) => "1 day".to_owned(),
        (true, days) => format!("{days} days"),
        (false, _) => format!("{segment} samples"),
    };
    let bin = samples_per_day / segment as f64;
    format!(
        r#"# Synthetic currents by oceanspec {version}; truth.json beside this file says what is in them.
#
#   oceanspec plan run.toml                        what the run will take, before it runs
#   oceanspec run run.toml                         all cores of this machine
#   mpirun -n 4 oceanspec run run.toml             over processes and nodes
#
# Paths are relative to this file.

[input]
format    = "mds"                       # MITgcm's binary snapshots
path      = "mds"
pattern   = "{{name}}.{{iter:010}}.data"    # U.0000010368.data: a name and ten digits of iteration
grid      = "grid"                      # XC YC Depth RAC hFacC hFacW hFacS ...
layout    = "plain"                     # one rectangle of {nx} x {ny} cells
u         = "U"                         # on the west face of each cell
v         = "V"                         # on the south face
level     = 1
timestep  = "{timestep} s"              # of one iteration; snapshots are {interval} apart
epoch     = 2011-09-10T00:00:00         # iteration 0, LLC4320's
{shape}
[prepare]
centre    = true                        # u and v to the cell centre, where they make one vector
rotate    = true                        # nothing to turn on a latitude-longitude grid, and that is checked
missing   = "fail"                      # a missing or bad snapshot ends the run; "reject" leaves it out

[spectrum]
method    = "welch"
segment   = "{written}"{segment_pad}# of {nt} snapshots; bins of {bin:.4} cycles per day
overlap   = 0.5
window    = "hann"
detrend   = "constant"                  # each segment loses its mean
precision = "f32"

# Bands of kinetic energy, both senses of rotation: "f" is the local inertial frequency, numbers are cycles per day.
{bands}
[output]
path      = "spectra.zarr"              # xarray.open_zarr("spectra.zarr")
"#,
        version = env!("CARGO_PKG_VERSION"),
        nx = spec.nx,
        ny = spec.ny,
        nt = spec.nt,
        timestep = spec.timestep.0,
        interval = spec.interval,
        segment_pad = " ".repeat(26usize.saturating_sub(written.len() + 2).max(1)),
        bands = bands(spec, bin),
    )
}

/// Samples of a Welch segment: about half the record, so that three fit at 50 % overlap, as a whole number of days
/// with no prime factor above 5 where there is one.
fn segment_samples(spec: &SynthSpec) -> usize {
    let half = if spec.nt >= 4 { spec.nt / 2 } else { spec.nt };
    let samples_per_day = SECONDS_PER_DAY / spec.interval.0;
    if samples_per_day.fract() != 0.0 {
        return half;
    }
    let smooth = |days: usize| {
        [2, 3, 5]
            .iter()
            .fold(days, |n, p| std::iter::successors(Some(n), |n| (n % p == 0).then_some(n / p)).last().unwrap_or(n))
            == 1
    };
    (1..=LONGEST_SEGMENT_DAYS)
        .rev()
        .find(|&days| smooth(days) && days * samples_per_day as usize <= half)
        .map_or(half, |days| days * samples_per_day as usize)
}

/// The bands that a segment of resolution `bin` [cpd] resolves: two bins wide and below Nyquist.
fn bands(spec: &SynthSpec, bin: f64) -> String {
    let nyquist = SECONDS_PER_DAY / (2.0 * spec.interval.0);
    let inertial = spec.highest_inertial_frequency();
    let mut text = String::new();
    let mut add = |name: &str, written: &str, [low, high]: [f64; 2]| {
        if high - low >= 2.0 * bin && high <= nyquist {
            text.push_str(&format!("[[bands]]\nname   = \"{name}\"\nlimits = [{written}]\n\n"));
        }
    };
    add("near_inertial", "\"0.9 f\", \"1.1 f\"", [0.9 * inertial, 1.1 * inertial]);
    add("diurnal", "0.9, 1.1", [0.9, 1.1]);
    add("semidiurnal", "1.8, 2.1", [1.8, 2.1]);
    if text.is_empty() {
        text.push_str("# The record is too short to resolve any of near_inertial, diurnal, semidiurnal.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Seconds;

    fn parsed(spec: &SynthSpec) -> toml::Table {
        run_config(spec).parse().unwrap()
    }

    fn band_names(table: &toml::Table) -> Vec<&str> {
        table.get("bands").map_or(Vec::new(), |bands| {
            bands.as_array().unwrap().iter().map(|band| band["name"].as_str().unwrap()).collect()
        })
    }

    #[test]
    fn the_default_has_all_bands_and_thirty_days() {
        let table = parsed(&SynthSpec::default());
        assert_eq!(table["spectrum"]["segment"].as_str(), Some("30 days"));
        assert_eq!(table["input"]["pattern"].as_str(), Some("{name}.{iter:010}.data"));
        assert_eq!(table["input"]["timestep"].as_str().unwrap().parse(), Ok(Seconds(25.0)));
        assert_eq!(band_names(&table), ["near_inertial", "diurnal", "semidiurnal"]);
        assert!(table["input"].get("shape").is_none());
        for band in table["bands"].as_array().unwrap() {
            for limit in band["limits"].as_array().unwrap() {
                let text = limit.as_str().map_or(limit.to_string(), str::to_owned);
                text.parse::<crate::terms::BandLimit>().unwrap();
            }
        }
    }

    #[test]
    fn segments_fit_the_record() {
        for (nt, expected) in
            [(1, 1), (2, 2), (3, 3), (4, 2), (47, 23), (48, 24), (100, 48), (2160, 1080), (8784, 1440)]
        {
            assert_eq!(segment_samples(&SynthSpec { nt, ..SynthSpec::default() }), expected, "{nt}");
        }
        // 29 days would be a prime.
        assert_eq!(segment_samples(&SynthSpec { nt: 58 * 24, ..SynthSpec::default() }), 27 * 24);
        let odd = SynthSpec { interval: Seconds(3500.0), ..SynthSpec::default() };
        assert_eq!(segment_samples(&odd), 720);
        assert_eq!(parsed(&odd)["spectrum"]["segment"].as_str(), Some("720 samples"));
    }

    #[test]
    fn unresolved_bands_are_left_out_and_shape_is_said_without_meta() {
        let short = SynthSpec { nt: 10, meta: false, ..SynthSpec::default() };
        let table = parsed(&short);
        assert!(band_names(&table).is_empty());
        assert_eq!(table["input"]["shape"].as_array().unwrap().len(), 2);
        assert_eq!(table["input"]["shape"][0].as_integer(), Some(64));
        // 6 days in segments of 3: bins of 1/3 cpd.
        assert!(band_names(&parsed(&SynthSpec { nt: 144, ..SynthSpec::default() })).is_empty());
        let eight_hourly = SynthSpec { interval: Seconds(28_800.0), m2_amplitude: 0.0, ..SynthSpec::default() };
        assert_eq!(band_names(&parsed(&eight_hourly)), ["near_inertial", "diurnal"]);
    }
}
