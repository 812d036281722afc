//! The configuration that goes with the data, with comments that teach.

use super::SynthSpec;
use super::times::Times;
use crate::terms::SECONDS_PER_DAY;

/// Longest segment written, as in studies of one-year records.
const LONGEST_SEGMENT_DAYS: usize = 60;

/// What the configurations of different grids differ in.
pub(super) struct RunConfig {
    /// The instants of the record.
    pub(super) times: Times,
    /// Largest |f0| of the domain [cpd].
    pub(super) highest_inertial_frequency: f64,
    /// Template of the file names, and a name that fits it.
    pub(super) pattern: [&'static str; 2],
    /// `layout`, and the grid in words.
    pub(super) layout: (&'static str, String),
    /// Lines that end `[input]`.
    pub(super) input_end: String,
    /// What `rotate` does.
    pub(super) rotate: &'static str,
}

impl RunConfig {
    /// Of a latitude-longitude grid.
    pub(super) fn of(spec: &SynthSpec) -> RunConfig {
        RunConfig {
            times: spec.times(),
            highest_inertial_frequency: spec.highest_inertial_frequency(),
            pattern: ["{name}.{iter:010}.data", "U.0000010368.data"],
            layout: ("plain", format!("one rectangle of {} x {} cells", spec.nx, spec.ny)),
            input_end: shape(spec.meta, [spec.ny, spec.nx]),
            rotate: "nothing to turn on a latitude-longitude grid, and that is checked",
        }
    }

    /// The text of `run.toml`; its paths are relative to itself.
    pub(super) fn text(&self) -> String {
        let Times { nt, interval, timestep, .. } = self.times;
        let segment = self.segment_samples();
        let samples_per_day = SECONDS_PER_DAY / interval.0;
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
pattern   = {pattern:27} # {file}: a name and ten digits of iteration
grid      = "grid"                      # XC YC Depth RAC hFacC hFacW hFacS ...
layout    = {layout:27} # {grid}
u         = "U"                         # on the west face of each cell
v         = "V"                         # on the south face
level     = 1
timestep  = "{timestep} s"              # of one iteration; snapshots are {interval} apart
epoch     = 2011-09-10T00:00:00         # iteration 0, LLC4320's
{input_end}
[prepare]
centre    = true                        # u and v to the cell centre, where they make one vector
rotate    = true                        # {rotate}
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
            pattern = format!("{:?}", self.pattern[0]),
            file = self.pattern[1],
            layout = format!("{:?}", self.layout.0),
            grid = self.layout.1,
            timestep = timestep.0,
            input_end = self.input_end,
            rotate = self.rotate,
            segment_pad = " ".repeat(26usize.saturating_sub(written.len() + 2).max(1)),
            bands = self.bands(bin),
        )
    }

    /// Samples of a Welch segment: about half the record, so that three fit at 50 % overlap, as a whole number of days
    /// with no prime factor above 5 where there is one.
    fn segment_samples(&self) -> usize {
        let Times { nt, interval, .. } = self.times;
        let half = if nt >= 4 { nt / 2 } else { nt };
        let samples_per_day = SECONDS_PER_DAY / interval.0;
        if samples_per_day.fract() != 0.0 {
            return half;
        }
        let smooth = |days: usize| {
            [2, 3, 5].iter().fold(days, |n, p| {
                std::iter::successors(Some(n), |n| (n % p == 0).then_some(n / p)).last().unwrap_or(n)
            }) == 1
        };
        (1..=LONGEST_SEGMENT_DAYS)
            .rev()
            .find(|&days| smooth(days) && days * samples_per_day as usize <= half)
            .map_or(half, |days| days * samples_per_day as usize)
    }

    /// The bands that a segment of resolution `bin` [cpd] resolves: two bins wide and below Nyquist.
    fn bands(&self, bin: f64) -> String {
        let nyquist = self.times.nyquist();
        let inertial = self.highest_inertial_frequency;
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
}

/// Where shape, type and byte order of `[nj, ni]` values come from: the `.meta` files or these lines.
pub(super) fn shape(meta: bool, [nj, ni]: [usize; 2]) -> String {
    if meta {
        "# Shape, type and byte order come from the .meta files.\n".to_owned()
    } else {
        format!(
            "# There are no .meta files, so the shape [nj, ni], the type and the byte order are said here.\n\
             shape     = [{nj}, {ni}]\ndtype     = \"float32\"\nendian    = \"big\"\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Seconds;

    fn parsed(spec: &SynthSpec) -> toml::Table {
        RunConfig::of(spec).text().parse().unwrap()
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
            assert_eq!(RunConfig::of(&SynthSpec { nt, ..SynthSpec::default() }).segment_samples(), expected, "{nt}");
        }
        // 29 days would be a prime.
        assert_eq!(RunConfig::of(&SynthSpec { nt: 58 * 24, ..SynthSpec::default() }).segment_samples(), 27 * 24);
        let odd = SynthSpec { interval: Seconds(3500.0), ..SynthSpec::default() };
        assert_eq!(RunConfig::of(&odd).segment_samples(), 720);
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
