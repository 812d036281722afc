//! From a configuration to what is asked of files that describe themselves, netCDF and Zarr.

use std::sync::Arc;

use tracing::warn;

use super::layout_of_grid::layout_of_grid;
use super::setup::{GridSource, date_time, grid_files};
use crate::Error;
use crate::config::{Config, Format as Configured, GridNames, Missing, MissingChunks, UFace, VFace};
use crate::grid::{Extent, GridField, Layout, Periodic};
use crate::source::gridded::{
    DimensionNames, Format, GridName, GridRequest, GriddedCatalog, GriddedRequest, Role, scan,
};
use crate::source::mds::grid_shape;

/// Looks at the files of a configuration whose snapshots are in `format`.
///
/// # Errors
/// As [`scan`], and keys that files of these formats, or their grid, have no use for.
pub(super) fn scan_gridded(config: &Config, format: Format) -> Result<(GriddedCatalog, GridSource), Error> {
    let input = &config.input;
    debug_assert!(input.format != Configured::Mds);
    let variables = &input.variables;
    let keys = ["u", "v"].into_iter().filter(|_| variables.velocity.is_some()).chain(std::iter::repeat("scalar"));
    let periodic = Periodic { i: input.periodic.i, j: input.periodic.j };
    let mds_grid = mds_grid(config, periodic)?;
    // Where u and v stay at their own points, those of an index are that index's, and so are their masks.
    let far = [input.u_face == UFace::East, input.v_face == VFace::North];
    let shifts = far.map(|far| -i64::from(config.prepare.centre && far));
    let request = GriddedRequest {
        format,
        paths: config.input_paths()?.to_vec(),
        fields: array_names(config).into_iter().zip(keys).collect(),
        level: input.level as u64,
        time: config.select.time.as_ref().map(|time| [time.start, time.end].map(date_time)),
        epoch: input.epoch.map(date_time),
        fail_on_gaps: config.prepare.missing == Missing::Fail,
        periodic,
        missing_chunks_fail: input.missing_chunks == MissingChunks::Fail,
        grid_paths: input.grid.clone().filter(|_| mds_grid.is_none()).map(|path| vec![path]),
        grid_extent: mds_grid,
        grid: GridRequest {
            names: grid_names(&input.grid_names),
            angle: input.grid_names.angle.clone(),
            dimensions: dimension_names(config),
            fields: array_names(config),
            shifts,
            far,
        },
        centre: config.prepare.centre,
    };
    if request.grid_extent.is_none()
        && let Some(key) = ["layout", "endian", "dtype", "shape"]
            .map(|key| format!("input.{key}"))
            .iter()
            .find(|key| config.is_meant(key))
    {
        let message = "is for MDS files, and neither the snapshots nor the grid ([input] grid) are such: leave it out";
        return Err(Error::Setting { text: config.explain(key, message) });
    }
    let found = scan(&request)?;
    plain_alone(config, &found.catalog.extent)?;
    if let (true, Some(grid), Some(fields)) =
        (config.prepare.centre && variables.velocity.is_some(), &found.grid, found.catalog.fields.get(..2))
        && let Some([rows, columns]) = grid.places_of(fields)
    {
        warn!(
            "u and v have the dimensions of the cells' own places ({rows}, {columns}): if they are given there, as in regridded \
             files, [prepare] centre = false"
        );
    }
    let files = match found.grid {
        Some(grid) => GridSource::Gridded(Arc::new(grid)),
        None => GridSource::Mds(grid_files(config, found.catalog.extent)?),
    };
    Ok((found.catalog, files))
}

/// Refuses keys of plain grids where there are faces, whose seams are known and whose u and v lie on west and south faces.
fn plain_alone(config: &Config, extent: &Extent) -> Result<(), Error> {
    let input = &config.input;
    let given = [
        ("input.u_face", input.u_face != UFace::West),
        ("input.v_face", input.v_face != VFace::South),
        ("input.periodic", input.periodic.i || input.periodic.j),
    ];
    let given = given.into_iter().find(|(_, given)| *given).filter(|_| extent.layout == Layout::Llc);
    given.map_or(Ok(()), |(key, _)| {
        let message = "is for plain grids, and this one has 13 faces: their seams are known, u and v lie on west and south \
                       faces: leave it out";
        Err(Error::Setting { text: config.explain(key, message) })
    })
}

/// The size of the grid, if it is in MITgcm's binary files.
fn mds_grid(config: &Config, periodic: Periodic) -> Result<Option<Extent>, Error> {
    let Some(folder) = config.input.grid.as_deref() else { return Ok(None) };
    let shape = grid_shape(folder);
    if shape.is_none() && !folder.join("XC.data").is_file() {
        return Ok(None);
    }
    if let Some(extent) = layout_of_grid(config)? {
        return Ok(Some(extent));
    }
    match shape.or(config.input.shape) {
        Some([nj, ni]) => Ok(Some(Extent::plain(nj, ni, periodic))),
        None => {
            let message =
                format!("{} has no XC.meta that tells the grid's size; give shape = [nj, ni]", folder.display());
            Err(Error::Setting { text: config.explain("input.shape", &message) })
        }
    }
}

/// Names of the run's arrays; a path of groups may begin at the root, as in "/ocean/uo".
pub(super) fn array_names(config: &Config) -> Vec<String> {
    let names = config.input.variables.names().into_iter();
    names.map(|name| name.strip_prefix('/').unwrap_or(name).to_owned()).collect()
}

/// Names that the configuration gives to dimensions.
pub(super) fn dimension_names(config: &Config) -> DimensionNames {
    let dimensions = &config.input.dimensions;
    let roles = [
        (&dimensions.time, Role::Time),
        (&dimensions.level, Role::Level),
        (&dimensions.face, Role::Face),
        (&dimensions.j, Role::J),
        (&dimensions.i, Role::I),
    ];
    let names = roles.into_iter().flat_map(|(names, role)| names.iter().map(move |name| (name.clone(), role)));
    DimensionNames { names: names.collect() }
}

fn grid_names(names: &GridNames) -> Vec<GridName> {
    let all = [
        (GridField::Xc, &names.xc),
        (GridField::Yc, &names.yc),
        (GridField::Depth, &names.depth),
        (GridField::Ra, &names.area),
        (GridField::HFacC, &names.hfac_c),
        (GridField::HFacW, &names.hfac_w),
        (GridField::HFacS, &names.hfac_s),
        (GridField::AngleCs, &names.angle_cs),
        (GridField::AngleSn, &names.angle_sn),
    ];
    let given = all.into_iter().filter(|(_, factors)| !factors.is_empty());
    given.map(|(field, factors)| GridName { field, factors: factors.clone() }).collect()
}
