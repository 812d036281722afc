//! Names of the grid's arrays in the models' files: none of them needs to be said.

use crate::grid::GridField;

/// Names that models give to the grid's fields, besides MITgcm's; or factors whose product they are, of which those after
/// `1/` divide.
///
/// In a list, a name that says which points it is of goes before one that does not: NEMO's `nav_lon` is of the points of
/// the file that it stands in. `lsm` is no mask of water: ECMWF's is 1 on land.
pub(super) fn known_names(field: GridField) -> &'static [&'static [&'static str]] {
    match field {
        GridField::Xc => &[
            &["xC"],
            &["glamt"],
            &["lon_rho"],
            &["plon"],
            &["TLONG"],
            &["geolon"],
            &["lon"],
            &["longitude"],
            &["nav_lon"],
            &["Longitude"],
            &["LON"],
            &["LONGITUDE"],
            &["X"],
        ],
        GridField::Yc => &[
            &["yC"],
            &["gphit"],
            &["lat_rho"],
            &["plat"],
            &["TLAT"],
            &["geolat"],
            &["lat"],
            &["latitude"],
            &["nav_lat"],
            &["Latitude"],
            &["LAT"],
            &["LATITUDE"],
            &["Y"],
        ],
        GridField::Depth => &[
            &["deptho"],
            &["bathymetry"],
            &["Bathymetry"],
            &["bathy_metry"],
            &["bathy_meter"],
            &["depth_ocean"],
            &["HT"],
            &["h"],
        ],
        GridField::Ra => {
            &[&["rAc"], &["areacello"], &["area_t"], &["TAREA"], &["areaT"], &["e1t", "e2t"], &["1/pm", "1/pn"]]
        }
        GridField::HFacC => &[&["maskC"], &["tmask"], &["mask_rho"], &["tmaskutil"], &["wet"], &["mask"]],
        GridField::HFacW => &[&["maskW"], &["umask"], &["mask_u"], &["umaskutil"], &["wet_u"]],
        GridField::HFacS => &[&["maskS"], &["vmask"], &["mask_v"], &["vmaskutil"], &["wet_v"]],
        GridField::AngleCs | GridField::AngleSn => &[],
    }
}

/// Names of angles from the columns' direction to east.
pub(super) const ANGLES: [&str; 2] = ["angle", "pang"];
