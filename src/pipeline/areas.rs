//! What is averaged over which parts of the sea, and the arrays that come of it.

use crate::config::{Config, SpectrogramKind};
use crate::grid::Reach;
use crate::product::area::{
    AreaArray, AreaAxis, Areas, Divisions, Order, Quantity, RatioAxis, Statistic, mean_attributes, quality_attributes,
    weight_attributes,
};
use crate::product::{Leading, LeadingLengths, MapKind, attributes};
use crate::terms::Sample;

use super::analysis::Analysis;
use super::spectra::{PointKind, Spectrum, SpectrumArray, leading_lengths};

/// The dimension of frequency over the inertial one.
pub(super) const RATIO: &str = "f_ratio";

/// Where a quantity comes from; numbers count spectra.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// The spectrum itself.
    Psd(usize),
    /// The spectrum on frequency over the inertial one.
    Scaled(usize, RatioAxis),
    /// Planes of the maps of a spectrum, which are there where the spectrum is.
    Maps(usize, Vec<usize>),
    /// The sheets of a spectrogram, by the number of its array among those of the spectrum.
    Spectrogram(usize, usize),
}

/// A quantity with its place among the numbers of an area.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) what: What,
    pub(super) quantity: Quantity,
    pub(super) first: usize,
}

/// All that is averaged over one set of areas.
#[derive(Clone, Debug)]
pub(super) struct AreaTable {
    pub(super) areas: Areas,
    pub(super) quantities: Vec<Placed>,
    pub(super) arrays: Vec<AreaArray>,
    /// Numbers for each area.
    pub(super) length: usize,
}

/// The sets of areas that are asked for, with the key of each.
pub(super) fn all_areas(config: &Config, reach: &Reach) -> Vec<(&'static str, Areas)> {
    let mut all = Vec::new();
    if let Some(zonal) = &config.zonal {
        let latitudes = Divisions::of_latitude(zonal.width_degrees, reach.latitude);
        all.push(("zonal", Areas::Zonal { latitudes, depths: zonal.depths }));
    }
    if !config.regions.is_empty() {
        all.push(("regions", Areas::Regions(config.regions.clone())));
    }
    if let Some(bins) = &config.bins {
        let latitudes = Divisions::of_latitude(bins.lat_degrees, reach.latitude);
        let longitudes = Divisions::of_longitude(bins.lon_degrees, reach.longitude);
        all.push(("bins", Areas::Bins { latitudes, longitudes, depths: bins.depths }));
    }
    all
}

/// The tables of a run.
pub(super) fn area_tables<T: Sample>(
    config: &Config,
    analysis: &Analysis,
    reach: &Reach,
    spectra: &[Spectrum<T>],
) -> Vec<AreaTable> {
    let lengths = leading_lengths(config, analysis);
    all_areas(config, reach).into_iter().map(|(_, areas)| AreaTable::new(config, &lengths, areas, spectra)).collect()
}

impl AreaTable {
    /// Coordinates of its arrays.
    pub(super) fn axes(&self) -> Vec<AreaAxis> {
        let ratio = self.quantities.iter().find_map(|placed| match placed.what {
            What::Scaled(_, axis) => Some(axis.axis(RATIO)),
            _ => None,
        });
        self.areas.axes().into_iter().chain(ratio).collect()
    }

    fn new<T: Sample>(config: &Config, lengths: &LeadingLengths, areas: Areas, spectra: &[Spectrum<T>]) -> Self {
        let mut table = AreaTable { areas, quantities: Vec::new(), arrays: Vec::new(), length: 0 };
        for (at, spectrum) in spectra.iter().enumerate() {
            table.add_spectrum((config, lengths), at, spectrum, at == 0);
        }
        table
    }

    /// A place for the numbers of a quantity; its number.
    fn place(&mut self, what: What, quantity: Quantity) -> usize {
        self.quantities.push(Placed { what, quantity, first: self.length });
        self.length += quantity.numbers();
        self.quantities.len() - 1
    }

    /// What is averaged of one spectrum; the areas and counts of the first one have plain names.
    fn add_spectrum<T: Sample>(
        &mut self,
        (config, lengths): (&Config, &LeadingLengths),
        at: usize,
        spectrum: &Spectrum<T>,
        first: bool,
    ) {
        let SpectrumArray { scalar, frequencies, axis, .. } = &spectrum.array;
        let prefix = self.areas.prefix();
        let named = |what: &str, always: bool| match scalar.as_ref().filter(|_| always || !first) {
            Some(scalar) => format!("{prefix}_{what}_{}", scalar.name),
            None => format!("{prefix}_{what}"),
        };
        let (area, count, psd) = (named("area", false), named("count", false), named("psd", true));
        let spectra_too = !matches!(self.areas, Areas::Bins { .. });
        // Areas and counts of bins alone come with the maps.
        let quantity = if spectra_too {
            let quantity = self.place(What::Psd(at), Quantity::whole(*frequencies));
            let mean = mean_attributes(&self.areas, &spectrum.array.attributes(), &area);
            self.push(&psd, quantity, 0..*frequencies, (None, Some(*axis)), mean);
            Some(quantity)
        } else {
            None
        };
        let maps = spectrum.maps(lengths);
        let mut planes = Vec::new();
        let mut of_maps = Vec::new();
        for (map, range) in &maps {
            let banded = map.over == [Leading::Band] && map.kind == MapKind::Real;
            let dof = spectra_too && map.name == spectrum.dof_map();
            if banded || dof {
                of_maps.push((map, planes.len()..planes.len() + range.len(), dof));
                planes.extend(range.clone());
            }
        }
        let quantity = if planes.is_empty() {
            quantity
        } else {
            let values = planes.len();
            let maps = self.place(What::Maps(at, planes), Quantity::whole(values));
            for (map, values, dof) in of_maps {
                if dof {
                    self.add_quality(config, (maps, values), &psd, &named);
                } else {
                    let mean = mean_attributes(&self.areas, &map.attributes, &area);
                    let name = format!("{prefix}_{}", map.name);
                    self.push(&name, maps, values, (Some(Leading::Band.name()), None), mean);
                }
            }
            quantity.or(Some(maps))
        };
        if let Some(quantity) = quantity {
            for (name, statistic) in [(&area, Statistic::Area), (&count, Statistic::Count)] {
                let attributes = weight_attributes(&self.areas, &psd, statistic == Statistic::Count);
                self.arrays.push(AreaArray {
                    name: name.clone(),
                    quantity,
                    values: 0..1,
                    order: Order::AreaValue,
                    statistic,
                    front: None,
                    back: None,
                    attributes,
                });
            }
        }
        if scalar.is_none() {
            self.add_scaled(config, at);
            self.add_spectrogram(config, at, spectrum);
        }
    }

    /// An array of means of one part.
    fn push(
        &mut self,
        name: &str,
        quantity: usize,
        values: std::ops::Range<usize>,
        (front, back): (Option<&'static str>, Option<&'static str>),
        attributes: serde_json::Map<String, serde_json::Value>,
    ) {
        let order = if front.is_some() { Order::ValueArea } else { Order::AreaValue };
        let statistic = Statistic::Mean;
        self.arrays.push(AreaArray { name: name.into(), quantity, values, order, statistic, front, back, attributes });
    }

    fn add_quality(
        &mut self,
        config: &Config,
        (quantity, values): (usize, std::ops::Range<usize>),
        of: &str,
        named: &dyn Fn(&str, bool) -> String,
    ) {
        self.push(&named("dof", false), quantity, values.clone(), (None, None), quality_attributes(of, None));
        let Some(probability) = config.spectrum.confidence else { return };
        for (name, upper) in [("confidence_lower", false), ("confidence_upper", true)] {
            let attributes = quality_attributes(of, Some((probability, upper)));
            self.push(&named(name, false), quantity, values.clone(), (None, None), attributes);
            if let Some(array) = self.arrays.last_mut() {
                array.statistic = Statistic::Confidence { probability, upper };
            }
        }
    }

    /// Of spectra through time: their own areas, as a segment that gaps reject is missing at some points only.
    fn add_spectrogram<T: Sample>(&mut self, config: &Config, at: usize, spectrum: &Spectrum<T>) {
        let kind = match self.areas {
            Areas::Zonal { .. } => SpectrogramKind::Zonal,
            Areas::Regions(_) => SpectrogramKind::Regions,
            Areas::Bins { .. } => SpectrogramKind::Bins,
        };
        let wanted = config.spectrogram.as_ref().is_some_and(|spectrogram| spectrogram.keeps(kind));
        let held = spectrum.points.iter().position(|array| array.kind == PointKind::Spectrogram);
        let Some(held) = held.filter(|_| wanted) else { return };
        let array = &spectrum.points[held];
        let values = array.frequencies;
        let quantity = self.place(What::Spectrogram(at, held), Quantity { values, parts: array.sheets() });
        let prefix = self.areas.prefix();
        let (name, area) = (format!("{prefix}_spectrogram"), format!("{prefix}_spectrogram_area"));
        let mean = mean_attributes(&self.areas, &array.attributes, &area);
        let weight = weight_attributes(&self.areas, &name, false);
        for (name, statistic, back, attributes) in
            [(name, Statistic::Mean, Some(array.axis), mean), (area, Statistic::Area, None, weight)]
        {
            self.arrays.push(AreaArray {
                name,
                quantity,
                values: 0..if back.is_some() { values } else { 1 },
                order: Order::PartAreaValue,
                statistic,
                front: Some(Leading::TimeSegment.name()),
                back,
                attributes,
            });
        }
    }

    fn add_scaled(&mut self, config: &Config, at: usize) {
        let Areas::Zonal { .. } = self.areas else { return };
        let Some(ratio) = config.zonal.as_ref().and_then(|zonal| zonal.f_ratio) else { return };
        let axis = RatioAxis::new(ratio.limit, ratio.step);
        let quantity = self.place(What::Scaled(at, axis), Quantity { values: 1, parts: axis.len() });
        let (name, area) = ("zonal_psd_scaled", "zonal_area_scaled");
        let mut of = attributes(
            "two-sided rotary power spectral density on frequency over the inertial one, |f0| S_ww(r f0)",
            "m2 s-2",
            &[(
                "comment",
                serde_json::json!(
                    "r = f / f0 with the sign of f0: inertial motion is at -1 in both hemispheres; the integral over \
                     f_ratio is the variance; cells where f0 is less than two bins of frequency are left out, and of \
                     each bin those where it reaches beyond Nyquist"
                ),
            )],
        );
        of.insert("cell_methods".into(), serde_json::json!("time: mean (of periodograms of overlapping segments)"));
        let mean = mean_attributes(&self.areas, &of, area);
        for (name, statistic, attributes) in
            [(name, Statistic::Mean, mean), (area, Statistic::Area, weight_attributes(&self.areas, name, false))]
        {
            self.arrays.push(AreaArray {
                name: name.into(),
                quantity,
                values: 0..1,
                order: Order::AreaPart,
                statistic,
                front: None,
                back: Some(RATIO),
                attributes,
            });
        }
    }
}
