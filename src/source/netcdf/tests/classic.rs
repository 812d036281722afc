//! Classic files, by what netCDF writes and reads.

use super::*;

/// Real output of MITgcm, where it is at hand.
#[test]
#[cfg(feature = "netcdf")]
fn mitgcm_wrote_what_netcdf_reads() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data"));
    let named = std::env::var_os("OCEANSPEC_SHARED_DATA").map(PathBuf::from);
    let Some(folder) =
        named.into_iter().chain(shared).map(|data| data.join("regional-nio-netcdf")).find(|f| f.is_dir())
    else {
        eprintln!(
            "NOT TESTED: real MITgcm files; set OCEANSPEC_SHARED_DATA to the folder that has regional-nio-netcdf"
        );
        return;
    };
    for name in ["single/surfUV.0000010368.t001.nc", "single/grid.t001.nc", "tiled/Eta.0000010368.t003.nc"] {
        let dataset = compared(&folder.join(name));
        assert_eq!(dataset.format, "netCDF classic");
        let time = dataset.dimensions.iter().find(|dimension| dimension.name == "T");
        assert!(time.is_none_or(|time| time.unlimited), "{name}");
    }
    let dataset = describe(&folder.join("single/surfUV.0000010368.t001.nc")).unwrap();
    let u = dataset.array("UVEL").unwrap();
    assert_eq!(u.dimensions, ["T", "Zmd000001", "Y", "Xp1"]);
    assert_eq!(u.shape, [480, 1, 40, 49]);
}

#[cfg(feature = "netcdf")]
mod written {
    use super::*;

    fn options(version: u8) -> netcdf::Options {
        match version {
            1 => netcdf::Options::empty(),
            2 => netcdf::Options::_64BIT_OFFSET,
            _ => netcdf::Options::_64BIT_DATA,
        }
    }

    /// Makes a file with dimensions t (of three records), y and x.
    fn create(path: &Path, version: u8) -> netcdf::FileMut {
        let mut file = netcdf::create_with(path, options(version)).unwrap();
        file.add_attribute("title", "odd padding").unwrap();
        file.add_unlimited_dimension("t").unwrap();
        file.add_dimension("y", 3).unwrap();
        file.add_dimension("x", 5).unwrap();
        file
    }

    /// Defines variables of types on dimensions.
    macro_rules! define {
        ($file:ident, $dimensions:expr, $($type:ty),*) => {$(
            let name = format!("{}_{}", stringify!($type), $dimensions.join("_"));
            let mut variable = $file.add_variable::<$type>(&name, &$dimensions).unwrap();
            variable.put_attribute("units", "m").unwrap();
            variable.put_attribute("one", 3 as $type).unwrap();
        )*};
    }

    /// Puts values into them.
    macro_rules! put {
        ($file:ident, $dimensions:expr, $($type:ty),*) => {$(
            let name = format!("{}_{}", stringify!($type), $dimensions.join("_"));
            let mut variable = $file.variable_mut(&name).unwrap();
            let values = |count: u32| -> Vec<$type> { (0..count).map(|at| (at * 2_654_435 % 251) as $type).collect() };
            if $dimensions[0] == "t" {
                variable.put_values(&values(45), (0..3, .., ..)).unwrap();
            } else {
                variable.put_values(&values(15), (.., ..)).unwrap();
            }
        )*};
    }

    #[test]
    fn every_version_and_type_is_read() {
        for version in [1, 2, 5] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("classic.nc");
            let mut file = create(&path, version);
            define!(file, ["y", "x"], i8, i16, i32, f32, f64);
            define!(file, ["t", "y", "x"], i8, i16, i32, f32, f64);
            if version == 5 {
                define!(file, ["y", "x"], u8, u16, u32, i64, u64);
                define!(file, ["t", "y", "x"], u8, u16, u32, i64, u64);
            }
            file.enddef().unwrap();
            put!(file, ["y", "x"], i8, i16, i32, f32, f64);
            put!(file, ["t", "y", "x"], i8, i16, i32, f32, f64);
            if version == 5 {
                put!(file, ["y", "x"], u8, u16, u32, i64, u64);
                put!(file, ["t", "y", "x"], u8, u16, u32, i64, u64);
            }
            file.close().unwrap();
            assert_eq!(std::fs::read(&path).unwrap()[3], version);
            let dataset = compared(&path);
            let format =
                ["", "netCDF classic", "netCDF classic (64-bit offset)", "", "", "netCDF classic (64-bit data)"];
            assert_eq!(dataset.format, format[usize::from(version)]);
            assert_eq!(dataset.arrays.len(), if version == 5 { 20 } else { 10 });
            let t = &dataset.dimensions[0];
            assert_eq!((t.name.as_str(), t.length, t.unlimited), ("t", 3, true));
            let array = dataset.array("i16_t_y_x").unwrap();
            assert_eq!(array.shape, [3, 3, 5]);
            assert_eq!(array.attributes.text("units"), Some("m"));
            assert_eq!(array.attributes.number("one"), Some(3.0));
            assert_eq!(array.fill, (-32767_i16).to_be_bytes());
            assert_eq!(dataset.attributes.text("title"), Some("odd padding"));
        }
    }

    /// Records of a single variable have no padding, though 15 bytes or 30 are no multiple of four.
    #[test]
    fn a_single_record_variable_has_no_padding() {
        for version in [1, 2, 5] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("single.nc");
            let mut file = create(&path, version);
            define!(file, ["y", "x"], i16, f64);
            define!(file, ["t", "y", "x"], i16);
            file.enddef().unwrap();
            put!(file, ["y", "x"], i16, f64);
            put!(file, ["t", "y", "x"], i16);
            file.close().unwrap();
            let dataset = compared(&path);
            let array = dataset.array("i16_t_y_x").unwrap();
            let Storage::Direct(direct) = locate(&path, array).unwrap() else { panic!() };
            assert_eq!(direct.strides, [30, 10, 2]);
        }
    }

    #[test]
    fn a_file_cut_short_is_told_with_both_lengths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.nc");
        let mut file = create(&path, 2);
        define!(file, ["t", "y", "x"], f32, i16);
        file.enddef().unwrap();
        put!(file, ["t", "y", "x"], f32, i16);
        file.close().unwrap();
        let array = describe(&path).unwrap().arrays.remove(0);
        let whole = std::fs::metadata(&path).unwrap().len();
        // The last value ends before the padding.
        let length = whole - 3;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let parts = ["cut.nc", &format!("has {length} bytes"), &format!("expected {}", whole - 2), "i16_t_y_x"];
        assert_says(describe(&path), &parts);
        assert_says(locate(&path, &array), &parts);
        for length in [3, 4, 8, 17, 100] {
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
            assert!(describe(&path).is_err());
        }
        assert_says(describe(&path), &["cut.nc"]);
    }
}
