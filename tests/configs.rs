//! Every ready configuration is one that the program takes: it can be planned.

use std::process::Command;

#[test]
fn every_ready_configuration_can_be_planned() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/configs");
    let mut planned = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let llc = text.lines().any(|line| line.starts_with("layout") && line.contains("\"llc\""));
        let sizes = if llc { "faces=13,nj=4320,ni=4320,snapshots=8784" } else { "nj=400,ni=480,snapshots=8784" };
        let output = Command::new(env!("CARGO_BIN_EXE_oceanspec"))
            .arg("plan")
            .arg(&path)
            .args(["--assume", sizes, "--json"])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", path.display());
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(plan["snapshots"], 8784, "{}", path.display());
        assert_eq!(plan["faces"], if llc { 13 } else { 1 }, "{}", path.display());
        assert!(plan["tiles"].as_u64().unwrap() > 1, "{}", path.display());
        planned += 1;
    }
    assert!(planned >= 9, "only {planned} configurations in {folder}");
}

/// Without data there is nothing to look at, and the message names the place that a user changes: the format is known by
/// the ending of the path, and neither a time step nor a date is asked for.
#[test]
fn configurations_of_other_models_say_which_path_to_change() {
    for (name, pattern) in [
        ("mitgcm-mnc", "mitgcm/surfUV.*.nc"),
        ("nemo", "nemo/*_grid_[UV].nc"),
        ("roms", "roms/ocean_his_*.nc"),
        ("hycom", "hycom/hycom_*_uv3z.nc"),
        ("cmip", "cmip/uo_*.nc"),
    ] {
        let path = format!("{}/configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(env!("CARGO_BIN_EXE_oceanspec")).args(["plan", &path]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {errors}");
        assert!(errors.contains("[input] path: no netCDF file at") && errors.contains(pattern), "{name}: {errors}");
    }
}
