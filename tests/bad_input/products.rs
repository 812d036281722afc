//! Means over parts of the sea, spectrograms, components: tables and files of regions that are wrong.

use std::fs;

use crate::row::{Row, row};
use crate::site::Site;

/// A table before `[output]`.
fn add(site: &Site, table: &str) {
    site.edit_config("[output]", &format!("{table}\n\n[output]"));
}

/// `[[regions]]` of a file of polygons whose corners are given, each with the name given.
fn add_polygons(site: &Site, polygons: &[(&str, &str)]) {
    let feature = |(name, corners): &(&str, &str)| {
        format!(
            "{{\"type\": \"Feature\", \"properties\": {{\"name\": \"{name}\"}}, \
             \"geometry\": {{\"type\": \"Polygon\", \"coordinates\": [[{corners}]]}}}}"
        )
    };
    let features: Vec<String> = polygons.iter().map(feature).collect();
    let text = format!("{{\"type\": \"FeatureCollection\", \"features\": [{}]}}", features.join(", "));
    fs::write(site.path("basins.geojson"), text).unwrap();
    add(site, "[[regions]]\ngeojson = \"basins.geojson\"");
}

const SQUARE: &str = "[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]";

pub fn rows() -> Vec<Row> {
    vec![
        row(
            "bins of latitude that do not fit",
            2,
            &["is 0.7, and 180 / 0.7 is 257.1429, no whole number", "0.7003891"],
        )
        .spoil(|site| add(site, "[zonal]\nwidth = 0.7")),
        row(
            "depths the wrong way round",
            2,
            &["is [4000, 200]; depths are 0 or more, the shallowest below the deepest"],
        )
        .spoil(|site| add(site, "[zonal]\ndepth = [4000, 200]")),
        row(
            "an axis of f that ends before inertial motion",
            2,
            &["is 0.5; it must be 1 to 10000, so that inertial motion"],
        )
        .spoil(|site| add(site, "[zonal]\nf_ratio_limit = 0.5")),
        row(
            "a step that does not reach the inertial frequency",
            2,
            &["is 0.3, and 1 / 0.3 is 3.333333, no whole number"],
        )
        .spoil(|site| add(site, "[zonal]\nf_ratio_step = 0.3")),
        row(
            "a region without place",
            2,
            &["`regions[0].lon`: is not given; each region needs a name, lon and lat, or geojson"],
        )
        .spoil(|site| add(site, "[[regions]]\nname = \"a\"")),
        row("two regions of one name", 2, &["`regions[1].name`: \"a\" is the name of regions[0] already"]).spoil(
            |site| {
                let region = "[[regions]]\nname = \"a\"\nlon = [0, 9]\nlat = [0, 9]";
                add(site, &format!("{region}\n{region}"));
            },
        ),
        row("a region as a box and as polygons", 2, &["a region is a box or polygons, not both", "regions[0].lon"])
            .spoil(|site| add(site, "[[regions]]\ngeojson = \"basins.geojson\"\nlon = [0, 9]")),
        row(
            "no such GeoJSON file",
            2,
            &["basins.geojson: No such file", "`regions[0].geojson`: cannot read {}/basins"],
        )
        .spoil(|site| add(site, "[[regions]]\ngeojson = \"basins.geojson\""))
        .on_ranks(),
        row(
            "a GeoJSON file of something else",
            2,
            &["is no GeoJSON: expected value at line 1 column 1", "basins.geojson"],
        )
        .spoil(|site| {
            add_polygons(site, &[]);
            fs::write(site.path("basins.geojson"), "<kml/>").unwrap();
        }),
        row("features of one name", 2, &["feature 2 is named \"a\", as is feature 1 of regions[0]; names must differ"])
            .spoil(|site| add_polygons(site, &[("a", SQUARE), ("a", SQUARE)])),
        row(
            "a polygon in metres",
            2,
            &["ring 1 has the position [500000, 4100000]; positions are", "feature 2 (\"b\")"],
        )
        .spoil(|site| add_polygons(site, &[("a", SQUARE), ("b", "[500000, 4100000], [1, 1], [2, 1], [1, 1]")])),
        row(
            "an edge that can go either way",
            2,
            &["goes from [-180, 0] to [100, 0], 280 degrees of longitude in one edge"],
        )
        .spoil(|site| add_polygons(site, &[("a", "[-180, 0], [100, 0], [100, 9], [-180, 9], [-180, 0]")])),
        row(
            "a ring round the globe on both sides of the equator",
            2,
            &["goes round the globe, between the latitudes -1 and 2"],
        )
        .spoil(|site| add_polygons(site, &[("a", "[-120, -1], [0, 2], [120, 1], [-120, -1]")])),
        row("means of bands without bands", 2, &["`bins`: is for means of bands, and there are no [[bands]]"]).spoil(
            |site| {
                site.edit_config("[[bands]]\nname = \"semidiurnal\"\nlimits = [1.7, 2.1]\n", "[bins]\n");
            },
        ),
        row(
            "a spectrogram of what is not there",
            2,
            &["is \"zonal\", and there is no [zonal]; add it, or leave this out"],
        )
        .spoil(|site| add(site, "[spectrogram]\nkeep = [\"points\", \"zonal\"]")),
        row("a spectrogram of scalars", 2, &["`spectrogram`: is of a velocity, and scalar in [input] stands alone"])
            .spoil(|site| add(site, "[spectrogram]"))
            .sets(&["input.scalar=[\"U\"]"]),
        row("an unknown component", 2, &["is \"S_ww\"; known: S_uu S_vv S_uv ke_psd"])
            .spoil(|site| add(site, "[components]\nkeep = [\"S_ww\"]")),
        row(
            "means over areas without areas",
            3,
            &["the means over areas are weighted by it", "RAC", "leave out [zonal]"],
        )
        .spoil(|site| {
            add(site, "[zonal]");
            site.remove_grid(&["RAC"]);
        }),
        row("depths without a sea floor", 3, &["`depth` chooses cells by it", "Depth", "leave out [bins]"]).spoil(
            |site| {
                add(site, "[bins]\ndepth = [200, inf]");
                site.remove_grid(&["Depth"]);
            },
        ),
        row("a result over a file of regions", 2, &["holds a file of [[regions]]", "output.path"]).spoil(|site| {
            add_polygons(site, &[("a", SQUARE)]);
            fs::create_dir(site.path("maps.zarr")).unwrap();
            fs::rename(site.path("basins.geojson"), site.path("maps.zarr/basins.geojson")).unwrap();
            site.edit_config("geojson = \"basins", "geojson = \"maps.zarr/basins");
            site.edit_config("path = \"result.zarr\"", "path = \"maps.zarr\"");
        }),
    ]
}
