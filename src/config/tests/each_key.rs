//! Each key wrong in type and in value; the message, the line and the words that are marked.

use super::*;

/// Table, line of the file, the words under the carets, part of the message; all values of a wrong type.
const WRONG_TYPES: &[(&str, &str, &str, &str)] = &[
    ("input", "format = 1", "1", "expected a string; for example format = \"mds\""),
    ("input", "path = true", "true", "must be a text, or a list of texts"),
    ("input", "pattern = []", "[]", "expected a string"),
    ("input", "grid = 1.5", "1.5", "expected a string"),
    ("input", "layout = 1", "1", "expected a string"),
    ("input", "shrunk_mask = 1", "1", "expected a string"),
    ("input", "u = [\"U\"]", "[\"U\"]", "expected a string"),
    ("input", "v = 2011-01-01", "2011-01-01", "expected a string"),
    ("input", "scalar = \"Eta\"", "\"Eta\"", "expected an array; for example scalar = [\"Eta\"]"),
    ("input", "scalar = [\"Eta\", 1]", "1", "expected a string"),
    ("input", "level = 1.0", "1.0", "expected a whole number"),
    ("input", "record = 1.5", "1.5", "a number, counted from 1, or the name"),
    ("input", "timestep = 25", "25", "expected a string; for example timestep = \"25 s\""),
    ("input", "epoch = 2011", "2011", "must be a date"),
    ("input", "endian = 1", "1", "expected a string"),
    ("input", "dtype = 32", "32", "expected a string"),
    ("input", "shape = 100", "100", "expected an array"),
    ("input", "shape = [1, \"2\"]", "\"2\"", "expected a whole number"),
    ("input", "periodic = \"i\"", "\"i\"", "expected an array"),
    ("prepare", "centre = 1", "1", "expected a boolean"),
    ("prepare", "rotate = \"yes\"", "\"yes\"", "expected a boolean"),
    ("prepare", "valid_range = 10", "10", "expected an array"),
    ("prepare", "valid_range = [0, \"1\"]", "\"1\"", "expected a number"),
    ("prepare", "missing = 3", "3", "must be \"fail\", \"reject\" or { interpolate = STEPS }"),
    ("prepare", "missing = {}", "{}", "must be \"fail\", \"reject\" or { interpolate = STEPS }"),
    ("prepare", "missing = { interpolate = \"3\" }", "{ interpolate = \"3\" }", "{ interpolate = STEPS }"),
    ("select", "faces = 1", "1", "expected an array"),
    ("select", "lon = \"60W\"", "\"60W\"", "expected an array"),
    ("select", "lat = [true, 1]", "true", "expected a number"),
    ("select", "i = { }", "{ }", "expected an array"),
    ("select", "j = [0.5, 2]", "0.5", "expected a whole number"),
    ("select", "stride = []", "[]", "expected a whole number"),
    ("select", "time = 2011-10-01", "2011-10-01", "expected an array"),
    ("select", "time = [1, 2]", "[1, 2]", "must be a date"),
    ("spectrum", "method = 1", "1", "expected a string"),
    ("spectrum", "segment = 1440", "1440", "expected a string; for example segment = \"60 days\""),
    ("spectrum", "overlap = \"half\"", "\"half\"", "expected a number"),
    ("spectrum", "window = false", "false", "expected a string"),
    ("spectrum", "detrend = false", "false", "expected a string"),
    ("spectrum", "precision = 32", "32", "expected a string"),
    ("spectrum", "confidence = false", "false", "expected a number; for example confidence = 0.95"),
    ("output", "path = 1", "1", "expected a string"),
    ("output", "spectrum = 0", "0", "expected a boolean"),
    ("output", "codec = 3", "3", "expected a string"),
    ("output", "keep_bits = \"12\"", "\"12\"", "expected a whole number"),
    ("run", "memory = 8", "8", "expected a string; for example memory = \"8 GiB\""),
    ("run", "threads = \"all\"", "\"all\"", "expected a whole number"),
    ("run", "walltime = 11.5", "11.5", "must be a time in quotes; for example walltime = \"11:50:00\""),
    ("run", "stall_timeout = 60", "60", "expected a string; for example stall_timeout = \"10 min\""),
    ("input", "path = \"s3://bucket/year.zarr\"", "\"s3://bucket/year.zarr\"", "is an address"),
    ("input", "path = [\"a.nc\", \"year.zarr.zip\"]", "\"year.zarr.zip\"", "is a zip file"),
    ("input", "path = [\"a.nc\", \"year.zarr\"]", "[\"a.nc\", \"year.zarr\"]", "has 2 paths; they end as"),
    ("input", "grid = \"https://host/grid.nc\"", "\"https://host/grid.nc\"", "is an address"),
    ("input", "u_face = 1", "1", "expected a string; for example u_face = \"west\""),
    ("input", "v_face = []", "[]", "expected a string"),
    ("input", "missing_chunks = true", "true", "expected a string"),
    ("input", "dimensions = \"t\"", "\"t\"", "expected a table"),
    ("input", "grid_names = [\"lon\"]", "[\"lon\"]", "expected a table"),
    ("input.dimensions", "time = 1", "1", "must be a text, or a list of texts"),
    ("input.dimensions", "level = [1]", "[1]", "must be a text, or a list of texts"),
    ("input.dimensions", "face = {}", "{}", "must be a text, or a list of texts"),
    ("input.dimensions", "j = true", "true", "must be a text, or a list of texts"),
    ("input.dimensions", "i = 1.5", "1.5", "must be a text, or a list of texts"),
    ("input.grid_names", "XC = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "YC = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "Depth = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "rA = [1]", "[1]", "must be a text, or a list of texts"),
    ("input.grid_names", "hFacC = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "hFacW = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "hFacS = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "AngleCS = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "AngleSN = 1", "1", "must be a text, or a list of texts"),
    ("input.grid_names", "angle = [\"a\"]", "[\"a\"]", "expected a string"),
    ("", "input = 3", "3", "expected a table"),
    ("", "prepare = []", "[]", "expected a table"),
    ("", "select = \"all\"", "\"all\"", "expected a table"),
    ("", "spectrum = true", "true", "expected a table"),
    ("", "bands = { name = 1 }", "{ name = 1 }", "expected an array; for example bands = [{ name"),
    ("", "bands = [1]", "1", "expected a table"),
    ("", "bands = [[\"a\", [1, 2]]]", "[\"a\", [1, 2]]", "expected a table"),
    ("", "spectrum = [\"welch\"]", "[\"welch\"]", "expected a table"),
    ("prepare", "missing = [3]", "[3]", "expected a table"),
    ("", "output = \"a.zarr\"", "\"a.zarr\"", "expected a table"),
    ("", "run = 1.5", "1.5", "expected a table"),
    ("bands", "preset = 1", "1", "expected a string; for example preset = \"literature\""),
    ("bands", "name = 1\nlimits = [2, 3]", "1", "expected a string; for example name = \"near_inertial\""),
    ("bands", "name = \"a\"\nlimits = 1", "1", "expected an array"),
    (
        "bands",
        "name = \"a\"\nlimits = [1, true]",
        "[1, true]",
        "a limit must be a number (cycles per day) or text such as \"0.9 f\"",
    ),
    ("", "zonal = true", "true", "expected a table"),
    ("", "zonal = [1.0]", "[1.0]", "expected a table"),
    ("", "regions = { name = \"a\" }", "{ name = \"a\" }", "expected an array; for example regions = [{ name"),
    ("", "regions = [[\"a\"]]", "[\"a\"]", "expected a table"),
    ("", "bins = 1", "1", "expected a table"),
    ("", "spectrogram = \"month\"", "\"month\"", "expected a table"),
    ("", "components = [\"S_uu\"]", "[\"S_uu\"]", "expected a table"),
    ("zonal", "width = \"1\"", "\"1\"", "expected a number; for example width = 1.0"),
    ("zonal", "depth = 200", "200", "expected an array; for example depth = [200, inf]"),
    ("zonal", "depth = [0, \"inf\"]", "\"inf\"", "expected a number"),
    ("zonal", "f_ratio_limit = true", "true", "expected a number"),
    ("zonal", "f_ratio_step = []", "[]", "expected a number"),
    ("regions", "name = 1", "1", "expected a string; for example name = \"gulf_stream\""),
    ("regions", "lon = -80", "-80", "expected an array"),
    ("regions", "lat = [\"30N\", 40]", "\"30N\"", "expected a number"),
    ("regions", "geojson = [\"a.geojson\"]", "[\"a.geojson\"]", "expected a string"),
    ("regions", "depth = {}", "{}", "expected an array"),
    ("bins", "width = 1.0", "1.0", "expected an array; for example width = [1.0, 1.0]"),
    ("bins", "depth = \"deep\"", "\"deep\"", "expected an array"),
    ("spectrogram", "average = 30", "30", "expected a string; for example average = \"month\""),
    ("spectrogram", "keep = \"points\"", "\"points\"", "expected an array"),
    ("components", "keep = [1]", "1", "expected a string"),
];

/// The same for values of the right type.
const WRONG_VALUES: &[(&str, &str, &str, &str)] = &[
    ("input", "format = \"nc\"", "\"nc\"", "known: mds netcdf zarr"),
    ("input", "format = \"netcfd\"", "\"netcfd\"", "did you mean \"netcdf\"?"),
    ("input", "path = \"\"", "\"\"", "is empty"),
    ("input", "path = []", "[]", "is empty; name at least one file"),
    ("input", "path = [\"a.nc\", \"\"]", "\"\"", "is empty"),
    ("input", "path = [\"a\", \"b\"]", "[\"a\", \"b\"]", "has 2 paths; they end as those of netCDF"),
    ("input", "u_face = \"north\"", "\"north\"", "known: west east"),
    ("input", "v_face = \"nort\"", "\"nort\"", "did you mean \"north\"?"),
    ("input", "missing_chunks = \"skip\"", "\"skip\"", "known: fill fail"),
    (
        "input",
        "path = \"a.nc\"\ntimestep = \"25 s\"",
        "\"25 s\"",
        "is for MDS files, and the snapshots are netCDF or Zarr",
    ),
    ("input", "record = 2\nformat = \"zarr\"", "2", "is for MDS files"),
    ("input", "pattern = \"{name}.{iter}\"\nformat = \"zarr\"", "\"{name}.{iter}\"", "is for MDS files"),
    ("input", "shrunk_mask = \"hFacC\"\nformat = \"zarr\"", "\"hFacC\"", "is for MDS files"),
    ("input", "format = \"netcdf\"\nlayout = \"llc\"", "\"llc\"", "neither the snapshots nor the grid"),
    ("input", "format = \"netcdf\"\nendian = \"big\"", "\"big\"", "neither the snapshots nor the grid"),
    ("input", "format = \"netcdf\"\ndtype = \"float64\"", "\"float64\"", "neither the snapshots nor the grid"),
    ("input", "format = \"netcdf\"\nshape = [2, 3]", "[2, 3]", "neither the snapshots nor the grid"),
    ("input", "u_face = \"east\"", "\"east\"", "is for netCDF and Zarr, and the snapshots are MDS files"),
    ("input", "v_face = \"north\"", "\"north\"", "is for netCDF and Zarr"),
    ("input", "missing_chunks = \"fill\"", "\"fill\"", "is for netCDF and Zarr"),
    ("input", "format = \"mds\"\ndimensions = { time = \"t\" }", "{ time = \"t\" }", "is for netCDF and Zarr"),
    ("input", "format = \"mds\"\ngrid_names = { XC = \"x\" }", "{ XC = \"x\" }", "is for netCDF and Zarr"),
    ("input.dimensions", "time = \"\"", "\"\"", "is empty"),
    ("input.dimensions", "level = []", "[]", "is empty; name at least one"),
    ("input.dimensions", "face = [\"f\", \"\"]", "\"\"", "is empty"),
    ("input.dimensions", "j = \"y\"\ni = \"y\"", "\"y\"", "\"y\" is said to be j as well"),
    ("input.dimensions", "i = \" \"", "\" \"", "is empty"),
    ("input.grid_names", "XC = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "YC = []", "[]", "is empty; name at least one"),
    ("input.grid_names", "Depth = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "rA = [\"e1t\", \"\"]", "\"\"", "is empty"),
    ("input.grid_names", "hFacC = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "hFacW = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "hFacS = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "AngleCS = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "AngleSN = \"\"", "\"\"", "is empty"),
    ("input.grid_names", "angle = \"\"", "\"\"", "is empty"),
    ("input", "pattern = \"{name}.data\"", "\"{name}.data\"", "has no {iter}"),
    ("input", "pattern = \"{nam}.{iter}\"", "\"{nam}.{iter}\"", "`{nam}` is not known"),
    ("input", "grid = \" \"", "\" \"", "is empty"),
    ("input", "layout = \"cube\"", "\"cube\"", "known: plain llc"),
    ("input", "shrunk_mask = \"hFacU\"", "\"hFacU\"", "known: hFacC hFacW hFacS"),
    ("input", "u = \"\"", "\"\"", "is empty"),
    ("input", "v = \"U\"", "\"U\"", "both \"U\""),
    ("input", "scalar = []", "[]", "is empty"),
    ("input", "scalar = [\"Eta\", \"\"]", "\"\"", "is empty"),
    ("input", "scalar = [\"Eta\", \"T\", \"Eta\"]", "\"Eta\"", "\"Eta\" is there twice"),
    ("input", "u = \"U\"\nscalar = [\"Eta\", \"V\"]", "\"V\"", "is \"V\", as v is: a run takes a field once"),
    ("input", "u = \"U\"\nscalar = []", "[]", "is empty"),
    ("input", "scalar = [\"Eta\"]\nu = \"\"", "\"\"", "is empty"),
    ("input", "scalar = [\"a/b\"]", "\"a/b\"", "cannot be named with the character '/' of it"),
    ("input", "scalar = [\"sea level\"]", "\"sea level\"", "the character ' '"),
    ("input", "scalar = [\".Eta\"]", "\".Eta\"", "has to begin otherwise"),
    ("input", "scalar = [\"mean\", \"psd\"]", "\"psd\"", "psd_mean and psd_variance are names of other arrays"),
    ("input", "scalar = [\"u\"]\nv = \"V\"", "\"u\"", "u_mean and u_variance are names of other arrays"),
    ("input", "level = 0", "0", "is 0, below 1; levels count from 1"),
    ("input", "record = -1", "-1", "is -1, below 1; records count from 1"),
    ("input", "record = \"\"", "\"\"", "is empty"),
    ("input", "record = [1, 0]", "0", "is 0, below 1; records count from 1"),
    ("input", "record = [1, 2, 3]", "[1, 2, 3]", "has 3 records for 2 variables"),
    ("input", "record = []", "[]", "has 0 records for 2 variables"),
    ("input", "record = [1, 2]\nscalar = [\"a\"]", "[1, 2]", "2 records for 1 variables; give"),
    (
        "input",
        "record = [1, 2]\nu = \"a\"\nscalar = [\"b\"]",
        "[1, 2]",
        "2 records for 3 variables (u, v, then scalar)",
    ),
    ("input", "record = [1, 2, 1]\nu = \"a\"\nv = \"a\"\nscalar = [\"a\"]", "\"a\"", "as u is"),
    ("input", "u = \"state3d\"\nrecord = [2, 2]\nv = \"state3d\"", "\"state3d\"", "record = [\"UVEL\", \"VVEL\"]"),
    ("input", "timestep = \"25\"", "\"25\"", "has no unit"),
    ("input", "timestep = \"0 s\"", "\"0 s\"", "must be above 0 s"),
    ("input", "timestep = \"-25 s\"", "\"-25 s\"", "is -25 s; it must be above 0 s"),
    ("input", "epoch = \"10 September\"", "\"10 September\"", "`10 September` is not a date"),
    ("input", "epoch = 00:00:00", "00:00:00", "has no date"),
    ("input", "epoch = 2011-09-10T00:00:00+02:00", "2011-09-10T00:00:00+02:00", "offset +02:00; model time is in UTC"),
    ("input", "epoch = 2011-09-10T00:00:00-03:30", "2011-09-10T00:00:00-03:30", "offset -03:30; model time is in UTC"),
    ("input", "epoch = 2011-09-10T23:59:60", "2011-09-10T23:59:60", "is not a time"),
    ("input", "endian = \"native\"", "\"native\"", "known: big little"),
    ("input", "dtype = \"float16\"", "\"float16\"", "known: float32 float64"),
    ("input", "shape = [1, 2, 3]", "[1, 2, 3]", "has 3 values, must have 2: [nj, ni]"),
    ("input", "shape = [10, 0]", "0", "is 0, below 1"),
    ("input", "periodic = [\"i\", \"k\"]", "\"k\"", "known: \"i\" \"j\""),
    ("input", "periodic = [\"i\", \"i\"]", "\"i\"", "there twice"),
    ("input", "layout = \"llc\"\nperiodic = [\"i\"]", "[\"i\"]", "plain grids"),
    ("prepare", "valid_range = [10, -10]", "[10, -10]", "is [10, -10]; the least value must be below"),
    ("prepare", "valid_range = [1, 1]", "[1, 1]", "must be below"),
    ("prepare", "valid_range = [nan, 1]", "[nan, 1]", "must be below"),
    ("prepare", "valid_range = [1]", "[1]", "has 1 values, must have 2"),
    ("prepare", "missing = \"rejct\"", "\"rejct\"", "did you mean \"reject\"?"),
    ("prepare", "missing = \"interpolate\"", "\"interpolate\"", "{ interpolate = 3 }"),
    ("prepare", "missing = { interpolate = 0 }", "0", "is 0, below 1"),
    ("select", "faces = []", "[]", "is empty"),
    ("select", "faces = [1, 13]", "13", "is 13; faces count from 0 to 12"),
    ("select", "faces = [-1]", "-1", "faces count from 0 to 12"),
    ("select", "faces = [3, 4, 3]", "3", "face 3 is there twice"),
    ("select", "lon = [0, 361]", "361", "is 361; longitudes"),
    ("select", "lon = [nan, 10]", "nan", "longitudes"),
    ("select", "lon = [10, 10]", "[10, 10]", "goes 0 degrees"),
    ("select", "lon = [-200, 200]", "[-200, 200]", "goes 400 degrees"),
    ("select", "lon = [360, 0]", "[360, 0]", "goes -360 degrees"),
    ("select", "lon = [1, 2, 3]", "[1, 2, 3]", "has 3 values"),
    ("select", "lat = [50, 20]", "[50, 20]", "the south must be below the north"),
    ("select", "lat = [50, 50]", "[50, 50]", "the south must be below the north"),
    ("select", "lat = [-90.5, 0]", "-90.5", "is -90.5; latitudes are within -90 and 90"),
    ("select", "i = [5, 5]", "[5, 5]", "first index 5 must be below the end 5"),
    ("select", "i = [-1, 5]", "[-1, 5]", "indices count from 0"),
    ("select", "j = [0]", "[0]", "has 1 values"),
    ("select", "stride = 0", "0", "is 0, below 1"),
    (
        "select",
        "time = [2011-12-01, 2011-12-01]",
        "[2011-12-01, 2011-12-01]",
        "2011-12-01T00:00:00 must be before 2011-12-01T00:00:00",
    ),
    ("select", "time = [2011-12-01]", "[2011-12-01]", "has 1 values"),
    ("select", "time = [2011-12-01, \"x\"]", "\"x\"", "`x` is not a date"),
    ("spectrum", "method = \"multitaper\"", "\"multitaper\"", "known: welch"),
    ("spectrum", "segment = \"60\"", "\"60\"", "has no unit"),
    ("spectrum", "segment = \"0 days\"", "\"0 days\"", "longer than 0 s"),
    ("spectrum", "segment = \"1e305 days\"", "\"1e305 days\"", "finite"),
    ("spectrum", "segment = \"0 samples\"", "\"0 samples\"", "at least 2"),
    ("spectrum", "segment = \"14.5 samples\"", "\"14.5 samples\"", "whole number"),
    ("spectrum", "overlap = 1", "1", "is 1; it must be at least 0 and below 1"),
    ("spectrum", "overlap = -0.1", "-0.1", "at least 0"),
    ("spectrum", "overlap = nan", "nan", "at least 0"),
    ("spectrum", "window = \"hanning\"", "\"hanning\"", "known windows: hann"),
    ("spectrum", "window = \"tukey(2)\"", "\"tukey(2)\"", "allowed are 0 to 1"),
    ("spectrum", "detrend = \"mean\"", "\"mean\"", "known: none constant linear record"),
    ("spectrum", "precision = \"f16\"", "\"f16\"", "known: f32 f64"),
    ("spectrum", "confidence = 95", "95", "is 95; it must be above 0 and below 1"),
    ("spectrum", "confidence = 1", "1", "or 0 for none"),
    ("spectrum", "confidence = -0.5", "-0.5", "above 0 and below 1"),
    ("spectrum", "confidence = nan", "nan", "above 0 and below 1"),
    ("output", "path = \"\"", "\"\"", "is empty"),
    ("output", "codec = \"gzip\"", "\"gzip\"", "known codecs: none zstd zstd(5)"),
    ("output", "codec = \"zstd(0)\"", "\"zstd(0)\"", "level is 0; it must be 1 to 22"),
    ("output", "codec = \"zstd(23)\"", "\"zstd(23)\"", "level is 23"),
    ("output", "codec = \"zstd()\"", "\"zstd()\"", "1 to 22"),
    ("output", "keep_bits = 0", "0", "is 0; it must be 1 to 23"),
    ("output", "keep_bits = 24", "24", "is 24; it must be 1 to 23"),
    ("run", "memory = \"8\"", "\"8\"", "has no unit"),
    ("run", "memory = \"0 GiB\"", "\"0 GiB\"", "above 0"),
    ("run", "memory = \"-1 GiB\"", "\"-1 GiB\"", "not between 0"),
    ("run", "threads = 0", "0", "is 0, below 1"),
    ("run", "walltime = \"11:50\"", "\"11:50\"", "means 11 minutes 50 seconds to PBS and to Slurm"),
    ("run", "walltime = 11:50", "11:50", "`11:50`: means 11 minutes 50 seconds to PBS and to Slurm"),
    ("run", "walltime = 2026-01-01T11:50:00", "2026-01-01T11:50:00", "is not a whole number"),
    ("run", "walltime = 11:50:00.5", "11:50:00.5", "is not a whole number"),
    ("run", "walltime = \"0:00:00\"", "\"0:00:00\"", "is 0 s; it must be 1 s to 36500 days"),
    ("run", "walltime = \"3600\"", "\"3600\"", "a bare number is seconds to PBS and minutes to Slurm"),
    ("run", "stall_timeout = \"1.9 s\"", "\"1.9 s\"", "is 1.9 s; it must be 2 s to 36500 days, or \"none\""),
    ("run", "stall_timeout = \"off\"", "\"off\"", "does not start with a number"),
    ("bands", "name = \"\"\nlimits = [1, 2]", "\"\"", "is empty"),
    ("bands", "limits = [1, 2]", "[[bands]]", "needs a name"),
    ("bands", "name = \"a\"", "[[bands]]", "needs limits"),
    ("bands", "name = \"a\"\nlimits = [\"nyquist\", 1]", "[\"nyquist\", 1]", "low limit nyquist is nowhere below"),
    ("bands", "preset = \"litterature\"", "\"litterature\"", "did you mean \"literature\"?"),
    ("bands", "preset = \"literature\"\nname = \"a\"", "\"literature\"", "stands alone"),
    ("bands", "preset = \"literature\"\nlimits = [1, 2]", "\"literature\"", "stands alone"),
    (
        "bands",
        "preset = \"literature\"\n[[bands]]\nname = \"low\"\nlimits = [1, 2]",
        "\"low\"",
        "\"low\" is a band of bands[0] already",
    ),
    (
        "bands",
        "name = \"low\"\nlimits = [1, 2]\n[[bands]]\npreset = \"literature\"",
        "\"literature\"",
        "its band \"low\" has the name of one of bands[0]",
    ),
    ("bands", "name = \"a\"\nlimits = [1]", "[1]", "has 1 values"),
    ("bands", "name = \"a\"\nlimits = [2, 1]", "[2, 1]", "low limit 2 cpd is nowhere below the high limit 1 cpd"),
    ("bands", "name = \"a\"\nlimits = [1, inf]", "inf", "forms: 1.9"),
    ("bands", "name = \"a\"\nlimits = [-1, 1]", "-1", "not negative"),
    ("bands", "name = \"a\"\nlimits = [\"1.1 f\", \"0.9 f\"]", "[\"1.1 f\", \"0.9 f\"]", "nowhere below"),
    ("bands", "name = \"a\"\nlimits = [\"0.9 g\", \"1.1 f\"]", "\"0.9 g\"", "forms: 1.9"),
    ("bands", "name = \"a\"\nlimits = [1, 2]\n[[bands]]\nname = \"a\"\nlimits = [1, 2]", "\"a\"", "bands[0] already"),
    ("zonal", "width = 0", "0", "is 0; it must be 0.01 to 180 degrees"),
    ("zonal", "width = nan", "nan", "it must be 0.01 to 180"),
    ("zonal", "width = 200", "200", "is 200; it must be 0.01 to 180"),
    (
        "zonal",
        "width = 0.7",
        "0.7",
        "is 0.7, and 180 / 0.7 is 257.1429, no whole number; 0.697674419 or 0.700389105 would do",
    ),
    ("zonal", "width = 7", "7", "180 / 7 is 25.71429, no whole number; 6.92307692"),
    ("zonal", "width = 1.04", "1.04", "180 / 1.04 is 173.0769, no whole number; 1.034482759 or 1.040462428 would do"),
    ("zonal", "width = 100", "100", "no whole number; 90 or 180 would do"),
    (
        "zonal",
        "depth = [200, 100]",
        "[200, 100]",
        "is [200, 100]; depths are 0 or more, the shallowest below the deepest",
    ),
    ("zonal", "depth = [-1, 100]", "[-1, 100]", "depths are 0 or more"),
    ("zonal", "depth = [inf, inf]", "[inf, inf]", "is [inf, inf]; depths"),
    ("zonal", "depth = [nan, 3]", "[nan, 3]", "is [NaN, 3]; depths"),
    ("zonal", "depth = [0]", "[0]", "has 1 values, must have 2: [shallowest, deepest] in m"),
    ("zonal", "f_ratio_limit = 0.5", "0.5", "is 0.5; it must be 1 to 10000, so that inertial motion, at -1, is within"),
    ("zonal", "f_ratio_limit = -3", "-3", "or 0 for no spectra scaled by f"),
    ("zonal", "f_ratio_limit = inf", "inf", "is inf; it must be 1 to 10000"),
    ("zonal", "f_ratio_limit = 2.03", "2.03", "is 2.03, 40.6 steps of 0.05, no whole number; 2 or 2.05 would do"),
    ("zonal", "f_ratio_step = 0", "0", "is 0; it must be above 0 and at most 1"),
    ("zonal", "f_ratio_step = 0.3", "0.3", "is 0.3, and 1 / 0.3 is 3.333333, no whole number; 0.25 or 0.333333333"),
    ("zonal", "f_ratio_limit = 0\nf_ratio_step = 2", "2", "is 2; it must be above 0 and at most 1"),
    ("zonal", "f_ratio_step = 0.0001", "0.0001", "is 0.0001, 30000 steps up to 3; at most 10000"),
    ("regions", "name = \"\"\nlon = [0, 1]\nlat = [0, 1]", "\"\"", "is empty"),
    ("regions", "name = \"a/b\"\nlon = [0, 1]\nlat = [0, 1]", "\"a/b\"", "holds the character '/'; a name is"),
    ("regions", "name = \"a\"\nlon = [0, 0]\nlat = [0, 1]", "[0, 0]", "goes 0 degrees from west to east"),
    ("regions", "name = \"a\"\nlon = [0, 400]\nlat = [0, 1]", "400", "is 400; longitudes are within -360 and 360"),
    ("regions", "name = \"a\"\nlon = [0, 1]\nlat = [1, 0]", "[1, 0]", "the south must be below the north"),
    ("regions", "name = \"a\"\nlon = [0, 1]\nlat = [0, 1]\ndepth = [5, 5]", "[5, 5]", "is [5, 5]; depths"),
    ("regions", "geojson = \"\"", "\"\"", "is empty"),
    ("regions", "geojson = \"no/such.geojson\"", "\"no/such.geojson\"", "no/such.geojson: No such file"),
    ("regions", "geojson = \"a.geojson\"\nlat = [0, 1]", "[0, 1]", "a region is a box or polygons, not both"),
    (
        "regions",
        "name = \"a\"\nlon = [0, 1]\nlat = [0, 1]\n[[regions]]\nlon = [0, 1]\nlat = [0, 1]\nname = \"a\"",
        "\"a\"",
        "\"a\" is the name of regions[0] already; names must differ",
    ),
    ("bins", "width = [1]", "[1]", "has 1 values, must have 2: degrees of longitude, degrees of latitude"),
    ("bins", "width = [7, 1]", "7", "is 7, and 360 / 7 is 51.42857, no whole number"),
    ("bins", "width = [1, 0.001]", "0.001", "is 0.001; it must be 0.01 to 180 degrees"),
    ("bins", "depth = [1, 0]", "[1, 0]", "is [1, 0]; depths"),
    ("spectrogram", "average = \"year\"", "\"year\"", "is \"year\"; known: segment month season"),
    ("spectrogram", "average = \"months\"", "\"months\"", "did you mean \"month\"?"),
    ("spectrogram", "keep = []", "[]", "is empty; known: points zonal regions bins bands"),
    ("spectrogram", "keep = [\"points\", \"points\"]", "\"points\"", "\"points\" is there twice"),
    ("spectrogram", "keep = [\"point\"]", "\"point\"", "did you mean \"points\"?"),
    ("spectrogram", "keep = [\"points\", \"zonal\"]", "\"zonal\"", "is \"zonal\", and there is no [zonal]; add it"),
    ("spectrogram", "keep = [\"regions\"]", "\"regions\"", "there is no [[regions]]"),
    ("spectrogram", "keep = [\"bins\"]", "\"bins\"", "there is no [bins]"),
    ("spectrogram", "keep = [\"bands\"]", "\"bands\"", "there is no [[bands]]"),
    ("components", "keep = []", "[]", "is empty; known: S_uu S_vv S_uv ke_psd rotary_coefficient ellipse"),
    ("components", "keep = [\"S_uu\", \"S_ww\"]", "\"S_ww\"", "is \"S_ww\"; known: S_uu S_vv S_uv ke_psd"),
    ("components", "keep = [\"S_uv\", \"S_uv\"]", "\"S_uv\"", "\"S_uv\" is there twice"),
];

/// What the carets of a message stand under.
fn marked(words: &Words) -> String {
    words.line.chars().skip(words.column).take(words.width).collect()
}

/// The line and column of the last place where `words` stand in `text`, as the value of a key.
fn last_place(text: &str, words: &str) -> (usize, usize) {
    let at = text.rfind(words).unwrap();
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (text[..at].matches('\n').count() + 1, text[line_start..at].chars().count())
}

fn file_with(table: &str, lines: &str) -> String {
    let header = match table {
        "" => String::new(),
        "bands" | "regions" => format!("[[{table}]]\n"),
        _ => format!("[{table}]\n"),
    };
    // What stands before and after must not matter: the line is to be found among others.
    format!("# run of the é region\n{header}{lines}")
}

fn check(cases: &[(&str, &str, &str, &str)]) {
    for (table, lines, words, part) in cases {
        let text = file_with(table, lines);
        let error = refused(&text, &[]);
        let ConfigError::Value { key, message, excerpt } = &error else { panic!("{text}\n{error:?}") };
        let place = excerpt.words.as_ref().unwrap();
        assert!(message.contains(part), "{text}\n{error}");
        assert_eq!(marked(place), *words, "{text}\n{error}");
        let (line, column) = last_place(&text, words);
        assert_eq!((place.line_number, place.column), (Some(line), column), "{text}\n{error}");
        assert!(key.starts_with(table) && !key.is_empty(), "{text}\n{error}");
        assert!(error.to_string().contains(&format!(" --> run.toml:{line}:{}\n", column + 1)), "{error}");
    }
}

#[test]
fn wrong_types_are_shown_where_they_stand() {
    check(WRONG_TYPES);
}

#[test]
fn wrong_values_are_shown_where_they_stand() {
    check(WRONG_VALUES);
}

#[test]
fn no_key_is_left_out_of_the_tables_above() {
    let tried = |cases: &[(&str, &str, &str, &str)], table: &str, name: &str| {
        cases.iter().any(|(in_table, lines, _, _)| {
            *in_table == table && lines.lines().any(|line| line.split_once(" = ").is_some_and(|(key, _)| key == name))
        })
    };
    for (table, name, example) in keys::tests::all() {
        if table == "prepare.missing" {
            continue; // tried as a value of `missing`
        }
        assert!(tried(WRONG_TYPES, table, name), "{table}.{name} in a wrong type");
        let is_table = keys::tests::all().any(|(other, ..)| other == format!("{table}.{name}"));
        let any_value_will_do = table.is_empty() || is_table || matches!(example, "true");
        assert!(any_value_will_do || tried(WRONG_VALUES, table, name), "{table}.{name} with a wrong value");
    }
}

#[test]
fn unknown_keys_name_the_nearest_known_one() {
    for (table, line, key, hint) in [
        ("", "spectrm = {}", "spectrm", "did you mean `spectrum`?"),
        ("", "segment = \"60 days\"", "segment", "belongs in [spectrum], as `spectrum.segment`"),
        (
            "",
            "nonesuch = 1",
            "nonesuch",
            "known: input prepare select spectrum bands zonal regions bins spectrogram components output run",
        ),
        ("input", "timstep = \"25 s\"", "timstep", "did you mean `timestep`?"),
        ("prepare", "center = true", "center", "did you mean `centre`?"),
        ("prepare", "missing = { interpolat = 3 }", "interpolat", "did you mean `interpolate`?"),
        ("select", "lats = [1, 2]", "lats", "did you mean `lat`?"),
        ("spectrum", "segmnet = \"60 days\"", "segmnet", "did you mean `segment`?"),
        ("spectrum", "\"über\" = 1", "über", "known: method segment overlap window detrend precision confidence"),
        ("bands", "nam = \"a\"", "nam", "did you mean `name`?"),
        ("output", "keep-bits = 12", "keep-bits", "did you mean `keep_bits`?"),
        ("output", "threads = 2", "threads", "belongs in [run]"),
        ("run", "name = 2", "name", "`name` belongs in [[bands]] or [[regions]]"),
        ("run", "depth = [0, 1]", "depth", "`depth` belongs in [zonal] or [[regions]] or [bins]"),
        ("run", "path = \"a\"", "path", "`path` belongs in [input] or [output]"),
        ("run", "spectrum = false", "spectrum", "`spectrum` belongs in the top level or [output]"),
        ("regions", "longitude = [0, 1]", "longitude", "known: name lon lat geojson depth"),
        ("zonal", "widht = 1.0", "widht", "did you mean `width`?"),
        ("run", "bands = 2", "bands", "belongs at the top level"),
    ] {
        let text = file_with(table, line);
        let error = refused(&text, &[]);
        let ConfigError::UnknownKey { key: got, excerpt, .. } = &error else { panic!("{text}\n{error:?}") };
        assert_eq!(got, key);
        assert!(error.to_string().contains(hint), "{error}");
        let place = excerpt.words.as_ref().unwrap();
        assert_eq!(marked(place).trim_matches('"'), key, "{error}");
        assert_eq!(place.line_number, Some(text.lines().count()));
    }
    // The first in the file comes first, whatever the alphabet says.
    let error = refused("[spectrum]\nzz = 1\naa = 1", &[]);
    assert!(matches!(&error, ConfigError::UnknownKey { key, .. } if key == "zz"), "{error}");
}
