//! Grid files that are missing, of another shape, or hold what they cannot.

use std::fs;

use crate::row::{Row, row};
use crate::site::{NX, NY, Site};

fn angles(site: &Site, cosine: f32, sine: f32) {
    site.set_grid("AngleCS", &[cosine; NX * NY]);
    site.set_grid("AngleSN", &[sine; NX * NY]);
}

pub fn rows() -> Vec<Row> {
    let mut rows = files();
    rows.extend(values());
    rows.extend(selections());
    rows
}

fn files() -> Vec<Row> {
    vec![
        row("no such grid folder", 3, &["grid field XC not found", "{}/nowhere/XC.data", "[input] grid"])
            .sets(&["input.grid={}/nowhere"])
            .on_ranks(),
        row(
            "a rectangle said to be lat-lon-cap",
            2,
            &["is \"llc\", but the grid has 20 columns and 12 rows", "13 times"],
        )
        .sets(&["input.layout=llc"])
        .on_ranks(),
        row("no latitudes", 3, &["grid field YC not found", "{}/grid/YC.data", "[input] grid"])
            .spoil(|site| site.remove_grid(&["YC"])),
        row("no mask", 3, &["there is no mask of land: hFacC would do, or Depth", "{}/grid/hFacC.data"])
            .spoil(|site| site.remove_grid(&["hFacC", "Depth"]))
            .on_ranks(),
        row("a grid of another shape", 3, &["the data have 20 x 12 (ni x nj)", "20 x 13", "hFacC.data"]).spoil(
            |site| {
                site.edit(&site.path("grid/hFacC.meta"), "12,    1,   12", "13, 1, 13");
                let file = fs::OpenOptions::new().write(true).open(site.path("grid/hFacC.data")).unwrap();
                file.set_len(20 * 13 * 4).unwrap();
            },
        ),
        row("a truncated grid file", 3, &["100 bytes where 1 level(s) need 960", "{}/grid/XC.data"])
            .spoil(|site| {
                fs::OpenOptions::new().write(true).open(site.path("grid/XC.data")).unwrap().set_len(100).unwrap()
            })
            .on_ranks(),
        row("a grid field with levels too many", 3, &["XC.data has 2 levels", "{}/grid/XC.data"]).spoil(|site| {
            for name in ["XC", "YC"] {
                site.widen(&site.path(&format!("grid/{name}.data")));
            }
        }),
        row("a mask without the level", 3, &["has 1 level(s), [input] level = 2 was asked for", "hFacC.data"])
            .spoil(|site| {
                for path in site.snapshots("data") {
                    let bytes = fs::read(&path).unwrap();
                    fs::write(path, bytes.repeat(2)).unwrap();
                }
                for path in site.snapshots("meta") {
                    site.edit(&path, "nDims = [   2 ]", "nDims = [   3 ]");
                    site.edit(&path, "12,    1,   12\n", "12,    1,   12,\n 2, 1, 2\n");
                }
            })
            .sets(&["input.level=2"]),
        row("no angles on a curvilinear grid", 3, &["is not latitude-longitude (YC changes by", "[prepare] rotate"])
            .spoil(|site| {
                let latitudes: Vec<f32> =
                    site.grid("YC").iter().enumerate().map(|(at, y)| y + 0.01 * (at % NX) as f32).collect();
                site.set_grid("YC", &latitudes);
            })
            .on_ranks(),
        row("one of two angle files", 3, &["one of the two angle files is there, both are needed", "AngleSN"])
            .spoil(|site| site.set_grid("AngleCS", &[1.0; NX * NY])),
    ]
}

fn values() -> Vec<Row> {
    vec![
        row("latitudes that are no number", 3, &["latitudes are degrees from -90 to 90", "YC", "NaN", "j = 0, i = 7"])
            .spoil(|site| {
                let mut latitudes = site.grid("YC");
                latitudes[7] = f32::NAN;
                site.set_grid("YC", &latitudes);
            })
            .sets(&["prepare.rotate=false"]),
        row("latitudes beyond the pole", 3, &["latitudes are degrees from -90 to 90", "YC", "j = 0, i = 0"])
            .spoil(|site| site.change_grid("YC", |y| y + 60.0))
            .on_ranks(),
        row("longitudes in metres", 3, &["longitudes are degrees from -720 to 720", "XC", "{}/grid/XC.data"])
            .spoil(|site| site.change_grid("XC", |x| x * 111e3)),
        row("XC and YC exchanged", 3, &["is not latitude-longitude (YC changes by", "degrees along i"]).spoil(|site| {
            let (x, y) = (site.grid("XC"), site.grid("YC"));
            site.set_grid("XC", &y);
            site.set_grid("YC", &x);
        }),
        row("latitudes in radians", 3, &["XC and YC are degrees (no radians or metres), areas are m2", "RAC"])
            .spoil(|site| site.change_grid("YC", f32::to_radians))
            .on_ranks(),
        row("areas in km2", 3, &["XC and YC are degrees (no radians or metres), areas are m2", "RAC"])
            .spoil(|site| site.change_grid("RAC", |area| area * 1e-6)),
        row("negative areas", 3, &["areas are above 0 m2", "RAC"]).spoil(|site| site.change_grid("RAC", |area| -area)),
        row("angles that are no rotation", 3, &["the sum of their squares is 1", "is 3, AngleSN 0"])
            .spoil(|site| angles(site, 3.0, 0.0))
            .on_ranks(),
        row("angles in degrees", 3, &["the sum of their squares is 1", "is 30, AngleSN 60"])
            .spoil(|site| angles(site, 30.0, 60.0)),
        row("angles that are no number", 3, &["the sum of their squares is 1", "NaN"])
            .spoil(|site| angles(site, f32::NAN, 0.0)),
        row("a grid in another byte order", 3, &["a cell's open share is 0 (land) to 1", "[input] grid, endian"])
            .spoil(|site| {
                for name in ["XC", "YC", "hFacC", "hFacW", "hFacS", "Depth", "RAC"] {
                    site.swap_bytes(&site.path(&format!("grid/{name}.data")));
                }
            })
            .on_ranks(),
        row("a mask of percents", 3, &["a cell's open share is 0 (land) to 1", "hFacC", "is 100 at"])
            .spoil(|site| site.change_grid("hFacC", |share| 100.0 * share)),
        row("Depth 0 everywhere", 2, &["leaves no wet point with a spectrum: all 240 selected points are land"])
            .spoil(|site| {
                site.remove_grid(&["hFacC", "hFacW", "hFacS"]);
                site.change_grid("Depth", |_| 0.0);
            })
            .on_ranks(),
    ]
}

fn selections() -> Vec<Row> {
    vec![
        row(
            "a box without points",
            2,
            &["no point of the grid lies in", "lat = [0, 10]", "YC goes from 40.01", "[select]"],
        )
        .sets(&["select.lat=[0, 10]"])
        .on_ranks(),
        row("a box elsewhere", 2, &["no point of the grid lies in", "lon = [10, 20]", "XC goes from -29.98"])
            .sets(&["select.lon=[10, 20]", "select.lat=[40, 41]"]),
        row("columns beyond the grid", 2, &["is not a half-open range within 0 to 20", "[select] i", "[5, 21]"])
            .sets(&["select.i=[5, 21]"]),
        row("a face that is not there", 2, &["face 1 does not exist, the grid has faces 0 to 0"])
            .sets(&["select.faces=[1]"]),
        row("a selection of land", 2, &["leaves no wet point with a spectrum: all 60 selected points are land"])
            .spoil(|site| {
                let masked: Vec<f32> =
                    site.grid("hFacC").iter().enumerate().map(|(at, &h)| if at % NX < 5 { 0.0 } else { h }).collect();
                site.set_grid("hFacC", &masked);
            })
            .sets(&["select.i=[0, 5]"])
            .on_ranks(),
        row("only the edge", 2, &["leaves no wet point with a spectrum", "all 12 selected", "[input] periodic"])
            .sets(&["select.i=[19, 20]"]),
        row("a time without snapshots", 2, &["no snapshot in the asked interval", "2011-09-13T00:00:00"])
            .sets(&["select.time=[2012-01-01, 2012-02-01]"])
            .on_ranks(),
    ]
}
