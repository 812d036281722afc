//! Configurations that are wrong in themselves, and the command line.

use std::fs;

use crate::row::{Row, row};

/// The band of the good configuration.
const BAND: &str = "name = \"semidiurnal\"\nlimits = [1.7, 2.1]";

pub fn rows() -> Vec<Row> {
    vec![
        // The file.
        row("no configuration file", 2, &["cannot read the configuration", "{}/none.toml"])
            .command(&["run", "{}/none.toml"])
            .on_ranks(),
        row("a folder as CONFIG", 2, &["is not a file; CONFIG is the run's TOML file", "{}/mds"])
            .command(&["run", "{}/mds"]),
        row("a pipe as CONFIG", 2, &["is not a file; CONFIG is the run's TOML file", "{}/pipe"])
            .spoil(|site| site.pipe(&site.path("pipe")))
            .command(&["run", "{}/pipe"]),
        row("a device as CONFIG", 2, &["is not a file; CONFIG is the run's TOML file", "/dev/zero"])
            .command(&["run", "/dev/zero"]),
        row("a data file as CONFIG", 2, &["which is not UTF-8", "{}/mds/U.0000010368.data", "line 1"])
            .command(&["run", "{}/mds/U.0000010368.data"]),
        row("a file of megabytes as CONFIG", 2, &["bytes, a configuration at most 1048576", "{}/long.toml", "3000000"])
            .spoil(|site| fs::write(site.path("long.toml"), "#".repeat(3_000_000)).unwrap())
            .command(&["run", "{}/long.toml"]),
        row("a letter that is not UTF-8", 2, &["which is not UTF-8", "run.toml: line 2", "0xe9"]).spoil(|site| {
            fs::write(site.path("run.toml"), b"[input]\npath = \"donn\xe9es\"\n").unwrap();
        }),
        row("an empty CONFIG", 2, &["`input.path` is not given", "path = \"data/mds\"", "[input]", "run.toml"])
            .spoil(|site| fs::write(site.path("run.toml"), "").unwrap()),
        row("no time step", 2, &["`input.timestep` is not given", "timestep = \"25 s\""])
            .spoil(|site| site.edit_config("timestep = \"25 s\"\n", "")),
        row("no epoch", 2, &["`input.epoch` is not given", "epoch = 2011-09-10T00:00:00"])
            .spoil(|site| site.edit_config("epoch = 2011-09-10T00:00:00\n", "")),
        row("text that is not TOML", 2, &["not valid TOML"]).line("input", "level = ").on_ranks(),
        row("a value without quotes", 2, &["not valid TOML"]).line("input", "u = U"),
        row("line ends of old Macintoshes", 2, &["carriage return must be followed by newline"])
            .spoil(|site| site.edit_config("\n", "\r")),
        row("a key given twice", 2, &["duplicate key", "run.toml:3:", "path = \"elsewhere\""])
            .spoil(|site| site.edit_config("path = \"mds\"", "path = \"mds\"\npath = \"elsewhere\"")),
        row("a table given twice", 2, &["duplicate key", "[select]"])
            .spoil(|site| site.edit_config("[run]", "[select]\nstride = 2\n\n[run]")),
        // Keys.
        row("an unknown key", 2, &["unknown key `segmnt` in [spectrum]; did you mean `segment`?"])
            .line("spectrum", "segmnt = \"1 day\"")
            .on_ranks(),
        row("a key in another table", 2, &["`memory` belongs in [run], as `run.memory`"])
            .line("spectrum", "memory = \"1 GiB\""),
        row("an unknown table", 2, &["unknown key `sepctrum` in the top level; did you mean `spectrum`?"])
            .spoil(|site| site.edit_config("[spectrum]", "[sepctrum]")),
        row("[bands] for [[bands]]", 2, &["`bands`: invalid type: table, expected an array", "[{ name = "])
            .spoil(|site| site.edit_config("[[bands]]", "[bands]")),
        row("a text for a number", 2, &["invalid type: string \"2\", expected a whole number"])
            .line("select", "stride = \"2\""),
        row("a number for a text", 2, &["invalid type: integer `60`, expected a string", "segment = \"60 days\""])
            .line("spectrum", "segment = 60"),
        row("a number beyond 64 bits", 2, &["expected a whole number", "9223372036854775808"])
            .line("input", "level = 9223372036854775808"),
        row("a number beyond float64", 2, &["floating-point number overflowed"]).line("bands", "limits = [1, 1e400]"),
        // Quantities.
        row("a duration without unit", 2, &["has no unit; write for example \"25 s\", \"1 hour\", \"60 days\""])
            .line("spectrum", "segment = \"60\"")
            .on_ranks(),
        row("two units", 2, &["`day s` is not a unit of time; known: s min h d"])
            .line("spectrum", "segment = \"60 day s\""),
        row("an unknown unit of time", 2, &["`ms` is not a unit of time; known: s min h d"])
            .line("input", "timestep = \"25 ms\""),
        row("a time step of 0", 2, &["it must be above 0 s", "is 0 s"]).line("input", "timestep = \"0 s\""),
        row("a negative time step", 2, &["it must be above 0 s", "is -3600 s"]).line("input", "timestep = \"-1 h\""),
        row("a time step beyond belief", 2, &["it must be above 0 s: 1e-6 s to 36500 days", "is 1e300 s"])
            .line("input", "timestep = \"1e300 s\""),
        row(
            "an unknown unit of memory",
            2,
            &["`G` is not a unit of memory; known: B kB MB GB TB PB KiB MiB GiB TiB PiB"],
        )
        .line("run", "memory = \"8 G\""),
        row("memory beyond counting", 2, &["is not between 0 and 16 EiB", "99999999999999 TiB"])
            .line("run", "memory = \"99999999999999 TiB\""),
        row("no threads", 2, &["`run.threads`: is 0, below 1"]).line("run", "threads = 0"),
        row("a million threads", 2, &["is 1000000, above 4096; leave it out to use the allowed cores"])
            .line("run", "threads = 1000000"),
        row("a wall time of two fields", 2, &["means 11 minutes 50 seconds to PBS and to Slurm; write 11:50:00"])
            .line("run", "walltime = \"11:50\""),
        row("a wall time without unit", 2, &["a bare number is seconds to PBS and minutes to Slurm"])
            .line("run", "walltime = \"720\""),
        row("a wall time without quotes", 2, &["must be a time in quotes"]).line("run", "walltime = 11.5"),
        row("a wall time of 0", 2, &["is 0 s; it must be 1 s to 36500 days"]).line("run", "walltime = \"0 h\""),
        row("a wall time with too many minutes", 2, &["minutes and seconds are at most 59"])
            .line("run", "walltime = \"11:90:00\""),
        row("a stall timeout below 2 s", 2, &["is 0.5 s; it must be 2 s to 36500 days, or \"none\""])
            .line("run", "stall_timeout = \"0.5 s\""),
        // Values.
        row("an overlap of 1", 2, &["is 1; it must be at least 0 and below 1"]).line("spectrum", "overlap = 1.0"),
        row("an overlap that is no number", 2, &["is NaN; it must be at least 0 and below 1"])
            .line("spectrum", "overlap = nan"),
        row("a segment of one sample", 2, &["a segment has at least 2 samples"])
            .line("spectrum", "segment = \"1 sample\""),
        row("an unknown window", 2, &["known windows: hann hamming blackman boxcar tukey(0.25)", "hanning"])
            .line("spectrum", "window = \"hanning\""),
        row("a window without its number", 2, &["needs its number in brackets, for example tukey(0.25)"])
            .line("spectrum", "window = \"kaiser\""),
        row("a window's number out of range", 2, &["the tapered share is 2, allowed are 0 to 1"])
            .line("spectrum", "window = \"tukey(2)\""),
        row("an unknown detrending", 2, &["known: none constant linear record", "mean"])
            .line("spectrum", "detrend = \"mean\""),
        row("a compression level out of range", 2, &["the level is 99; it must be 1 to 22"])
            .line("output", "codec = \"zstd(99)\""),
        row("too many bits to keep", 2, &["is 99; it must be 1 to 23"]).line("output", "keep_bits = 99"),
        row("a valid range the wrong way round", 2, &["the least value must be below the greatest", "[10, -10]"])
            .line("prepare", "valid_range = [10.0, -10.0]"),
        row("a policy that does not exist", 2, &["is \"ignore\"; known: fail reject"])
            .line("prepare", "missing = \"ignore\""),
        row("a latitude beyond the pole", 2, &["is 95; latitudes are within -90 and 90 degrees"])
            .line("select", "lat = [20, 95]"),
        row("latitudes the wrong way round", 2, &["the south must be below the north"])
            .line("select", "lat = [50, 20]"),
        row("a longitude of 400", 2, &["is 400; longitudes are within -360 and 360 degrees"])
            .line("select", "lon = [0, 400]"),
        row("a stride of 0", 2, &["`select.stride`: is 0, below 1; 1 takes every point"]).line("select", "stride = 0"),
        row("a negative index", 2, &["is [-1, 3]; indices count from 0"]).line("select", "j = [-1, 3]"),
        row("times the wrong way round", 2, &["must be before", "2011-12-01T00:00:00", "2011-10-01T00:00:00"])
            .line("select", "time = [2011-12-01, 2011-10-01]"),
        row("a time zone", 2, &["model time is in UTC", "+01:00"]).line("input", "epoch = 2011-09-10T00:00:00+01:00"),
        row("a date that does not exist", 2, &["not valid TOML", "2011-02-30"]).line("input", "epoch = 2011-02-30"),
        row("a date at the end of time", 2, &["is after the year 9998", "9999-12-31"])
            .line("input", "epoch = 9999-12-31"),
        row("record 0", 2, &["is 0, below 1; records count from 1"]).line("input", "record = 0"),
        row("a file name without iteration", 2, &["has no {iter}"]).line("input", "pattern = \"{name}.data\""),
        row("one name for u and v", 2, &["u and v are both \"U\""]).line("input", "v = \"U\""),
        row("an unknown format", 2, &["is \"nc\"; known: mds netcdf zarr"]).line("input", "format = \"nc\""),
        row("a path with NUL", 2, &["holds the character NUL"]).line("output", "path = \"a\\u0000b\""),
        // Bands.
        row("band limits the wrong way round", 2, &["is nowhere below the high limit", "1.1 f", "0.9 f"])
            .line("bands", "limits = [\"1.1 f\", \"0.9 f\"]"),
        row("a band limit that cannot be read", 2, &["forms: 1.9 (cycles per day), \"0.9 f\", \"f\"", "f + cpd"])
            .line("bands", "limits = [\"f + cpd\", 3]"),
        row("a band without name", 2, &["`bands[0].name`: is empty"]).line("bands", "name = \"\""),
        row("two bands of one name", 2, &["is the name of bands[0] already; names must differ", "bands[1]"]).spoil(
            |site| site.edit_config("[output]", "[[bands]]\nname = \"semidiurnal\"\nlimits = [1, 2]\n\n[output]"),
        ),
        row("an unknown preset of bands", 2, &["is \"literatur\"; did you mean \"literature\"?", "bands[0].preset"])
            .spoil(|site| site.edit_config(BAND, "preset = \"literatur\"")),
        row("limits beside a preset of bands", 2, &["stands alone: its bands have their names and limits"])
            .line("bands", "preset = \"literature\""),
        row("a band with the name of one of the preset", 2, &["has the name of one of bands[0]; names must differ"])
            .spoil(|site| site.edit_config("[output]", "[[bands]]\npreset = \"literature\"\n\n[output]")),
        row(
            "a preset of bands past Nyquist",
            2,
            &["band \"diurnal\" reaches 1.1 cpd, beyond the Nyquist frequency 1 cpd"],
        )
        .spoil(|site| site.edit_config(BAND, "preset = \"literature\""))
        .command(&["plan", "{}/run.toml", "--assume", "nj=9,ni=9,snapshots=100,step=43200"]),
        // The command line.
        row("CONFIG given twice", 2, &["unexpected argument", "Usage: oceanspec run"])
            .command(&["run", "{}/run.toml", "{}/run.toml"])
            .on_ranks(),
        row("--set without =", 2, &["--set needs KEY.PATH=VALUE, for example spectrum.overlap=0.5"])
            .sets(&["spectrum.overlap"]),
        row("--set of an unknown key", 2, &["unknown key `overlp` in [spectrum]; did you mean `overlap`?", "--set"])
            .sets(&["spectrum.overlp=0.5"]),
        row("--set of a table", 2, &["expected a table; for example spectrum = ", "spectrum=3"]).sets(&["spectrum=3"]),
    ]
}
