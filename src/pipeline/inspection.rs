//! What there is and what a run would make of it, for `oceanspec inspect`.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::gridded_input::{array_names, dimension_names};
use super::layout_of_grid::layout_of_grid;
use super::node::machine;
use super::planning::{plan, plan_json};
use super::setup::{Setup, date_time, endian, look, seconds_since_1970, value_bytes};
use super::warnings::foresee;
use crate::Error;
use crate::config::{Config, Format};
use crate::exchange::SingleProcess;
use crate::grid::{Extent, Periodic};
use crate::inspect::{
    Clock, FolderReport, GridReport, Look, ScanRequest, StoreReport, StoreScan, inspect_folder, inspect_grid,
    scan_stores, scan_values,
};
use crate::plan::Plan;
use crate::report::Observer;
use crate::source::gridded;
use crate::source::mds::{MdsGridFiles, grid_shape};
use crate::terms::Calendar;

/// How much is looked at.
#[derive(Clone, Debug, Default)]
pub struct InspectOptions {
    /// Every value is read.
    pub scan: bool,
    /// The configuration is a user's, so that it can be said what a run would make of it.
    pub outlook: bool,
    /// Only files of these names; empty: all, or with an outlook those of the run.
    pub names: Vec<String>,
}

/// Files of the input.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum InputReport {
    /// A folder of MITgcm binary files.
    Folder(FolderReport),
    /// Files and stores that describe themselves.
    Stores(StoreReport),
}

impl fmt::Display for InputReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputReport::Folder(report) => write!(f, "{report}"),
            InputReport::Stores(report) => write!(f, "{report}"),
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Inspection {
    /// Files of the input.
    pub input: InputReport,
    /// The grid; none where no grid file was found and no run was asked about.
    pub grid: Option<Result<GridReport, String>>,
    /// What a run would do, or how it would fail.
    pub run: Option<Result<Plan, Error>>,
}

impl Inspection {
    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        fn or_error<T: Serialize>(result: &Result<T, String>) -> Value {
            match result {
                Ok(report) => json!(report),
                Err(message) => json!({ "error": message }),
            }
        }
        json!({
            "input": self.input,
            "grid": self.grid.as_ref().map(or_error),
            "run": self.run.as_ref().map(|run| match run {
                Ok(plan) => json!({ "plan": plan_json(plan) }),
                Err(error) => json!({ "error": { "code": error.exit_code(), "message": error.to_string() } }),
            }),
        })
    }
}

/// Looks at the input of a configuration.
///
/// # Errors
/// When the folder is not there, or, where every value is read, a file cannot be.
pub fn inspect(config: &Config, options: &InspectOptions, observer: &dyn Observer) -> Result<Inspection, Error> {
    match config.input.format {
        Format::Mds => {}
        Format::Netcdf => return inspect_stores(config, options, gridded::Format::Netcdf, observer),
        Format::Zarr => return inspect_stores(config, options, gridded::Format::Zarr, observer),
    }
    let clock = match (config.timestep(), config.epoch()) {
        (Ok(timestep), Ok(epoch)) => Some(Clock {
            seconds_per_iteration: timestep.0,
            epoch_seconds: seconds_since_1970(config, "input.epoch", epoch, Calendar::ProlepticGregorian)?,
        }),
        _ => None,
    };
    let mut look_at = Look {
        folder: config.input_path()?.to_owned(),
        pattern: config.input.pattern.clone(),
        names: options.names.clone(),
        endian: endian(config),
        value_bytes: value_bytes(config) as u64,
        shape: config.input.shape,
        clock,
    };
    if options.outlook && options.names.is_empty() {
        look_at.names = config.input.variables.names().into_iter().map(str::to_owned).collect();
    }
    let (mut input, mut files) = inspect_folder(&look_at)?;
    if files.is_empty() && options.names.is_empty() {
        // The run's names may be those of fields within files of other names.
        look_at.names = Vec::new();
        (input, files) = inspect_folder(&look_at)?;
    }
    if options.scan {
        let request = ScanRequest {
            record: None,
            level: options.outlook.then_some(config.input.level as u64),
            valid_range: config.prepare.valid_range.filter(|_| options.outlook),
        };
        for (report, files) in input.fields.iter_mut().zip(&files) {
            report.values = scan_values(files, report, &look_at, &request, observer)?;
        }
    }
    Ok(Inspection {
        grid: grid(config, &input, options.outlook),
        run: options.outlook.then(|| look(config, &SingleProcess).and_then(|setup| plan_of(config, &setup))),
        input: InputReport::Folder(input),
    })
}

/// What a run would do here.
fn plan_of(config: &Config, setup: &Setup) -> Result<Plan, Error> {
    let plan = plan(config, setup, machine(config, &SingleProcess))?;
    foresee(config, setup, &plan)?;
    Ok(plan)
}

/// Looks at files that describe themselves.
fn inspect_stores(
    config: &Config,
    options: &InspectOptions,
    format: gridded::Format,
    observer: &dyn Observer,
) -> Result<Inspection, Error> {
    let paths = config.input_paths()?;
    let names = if options.outlook { config.input.variables.names() } else { vec![""] };
    let looks = gridded::look(format, paths, &names, &dimension_names(config), config.input.epoch.map(date_time))?;
    let mut input = StoreReport::of(paths.iter().map(|path| path.display().to_string()).collect(), &looks);
    if options.scan {
        let request = StoreScan {
            names: if options.outlook { array_names(config) } else { Vec::new() },
            dimensions: dimension_names(config),
            level: options.outlook.then_some(config.input.level as u64),
            valid_range: config.prepare.valid_range.filter(|_| options.outlook),
        };
        scan_stores(&mut input, &looks, &request, observer);
    }
    let setup = options.outlook.then(|| look(config, &SingleProcess));
    let grid = setup.as_ref().and_then(|setup| setup.as_ref().ok()).map(|setup| {
        let report = inspect_grid(setup.grid_files(), &setup.grid.extent, config.input.level, config.prepare.rotate);
        report.map_err(|error| error.to_string())
    });
    let run = setup.map(|setup| setup.and_then(|setup| plan_of(config, &setup)));
    Ok(Inspection { input: InputReport::Stores(input), grid, run })
}

/// The grid in the configured folder; of a folder without a run, only where it holds XC.
fn grid(config: &Config, input: &FolderReport, outlook: bool) -> Option<Result<GridReport, String>> {
    let folder = config.grid_path().ok()?;
    if !outlook && !input.grid_files.iter().any(|name| name == "XC") {
        return None;
    }
    let extent = if let (true, Ok(Some(extent))) = (outlook, layout_of_grid(config)) {
        extent
    } else {
        let [nj, ni] = match input.fields.iter().find_map(|field| field.layout.as_ref()) {
            Some(layout) => [layout.nj as usize, layout.ni as usize],
            None => grid_shape(folder)?,
        };
        Extent::plain(nj, ni, Periodic::default())
    };
    let files = MdsGridFiles::new(folder, extent, endian(config), value_bytes(config));
    let rotate = outlook && config.prepare.rotate;
    Some(inspect_grid(&files, &extent, config.input.level, rotate).map_err(|error| error.to_string()))
}
