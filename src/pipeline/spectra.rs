//! The spectra of a run, with what is held and derived of each: the rotary spectrum of the velocity, if there is one, then the
//! one-sided spectrum of each scalar, in the order of the fields.

use std::ops::Range;

use serde_json::{Map, Value};

use super::analysis::Analysis;
use super::planning::nyquist;
use crate::config::{Config, SpectrogramKind, Variables};
use crate::product::{
    BandFlags, Bands, Components, Confidence, LeadingLengths, MapArray, Moments, Quality, Scalar, ScalarBands,
    ScalarMoments, ScalarProducts, SegmentMaps, VelocityProducts, one_sided_psd_attributes, rotary_psd_attributes,
    spectrogram_attributes,
};
use crate::spectrum::one_sided_bins;
use crate::terms::Sample;

/// The frequencies of the first spectrum: two-sided of a velocity, one-sided in a run of scalars alone.
pub(super) const FREQUENCY: &str = "freq_time";
/// Those of the scalars beside a velocity, and of its components.
pub(super) const FREQUENCY_ONE_SIDED: &str = "freq_time_one_sided";

/// An array of spectra.
#[derive(Clone, Debug)]
pub(super) struct SpectrumArray {
    /// Name in the result.
    pub(super) name: String,
    /// Place of its field, or of the first of its two, among the fields.
    pub(super) field: usize,
    /// None for a velocity.
    pub(super) scalar: Option<Scalar>,
    /// Frequencies at a point.
    pub(super) frequencies: usize,
    /// Name of their axis.
    pub(super) axis: &'static str,
}

impl SpectrumArray {
    /// CF attributes.
    pub(super) fn attributes(&self) -> Map<String, Value> {
        match &self.scalar {
            None => rotary_psd_attributes(),
            Some(scalar) => one_sided_psd_attributes(scalar, self.axis),
        }
    }
}

/// The arrays of spectra of segments of so many samples.
pub(super) fn spectrum_arrays(variables: &Variables, segment: usize) -> Vec<SpectrumArray> {
    let velocity = variables.velocity.as_ref().map(|_| SpectrumArray {
        name: "rotary_psd".into(),
        field: 0,
        scalar: None,
        frequencies: segment,
        axis: FREQUENCY,
    });
    let axis = if velocity.is_some() { FREQUENCY_ONE_SIDED } else { FREQUENCY };
    let scalars = variables.scalars.iter().enumerate().map(|(at, name)| SpectrumArray {
        name: format!("psd_{name}"),
        field: variables.first_scalar() + at,
        scalar: Some(Scalar::new(name, None)),
        frequencies: one_sided_bins(segment),
        axis,
    });
    velocity.into_iter().chain(scalars).collect()
}

/// What stands in an array of values by point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointKind {
    /// The spectrum itself.
    Psd,
    /// A spectrum of components, or of what they give.
    Component,
    /// Spectra by time segment.
    Spectrogram,
}

/// An array of values by point, in shards; what is not kept is summed up over areas.
#[derive(Clone, Debug)]
pub(super) struct PointArray {
    pub(super) name: String,
    pub(super) kind: PointKind,
    /// Sheets [j, i, values] of a shard: one, or one a time segment.
    sheets: usize,
    /// Numbers at a point of a sheet, in the run's type.
    pub(super) values: usize,
    pub(super) frequencies: usize,
    pub(super) axis: &'static str,
    pub(super) two_sided: bool,
    pub(super) attributes: Map<String, Value>,
    pub(super) kept: bool,
}

impl PointArray {
    /// Sheets [j, i, values] of a shard.
    pub(super) fn sheets(&self) -> usize {
        self.sheets
    }

    /// Whether two numbers are a value.
    pub(super) fn is_complex(&self) -> bool {
        self.values == 2 * self.frequencies
    }

    /// Numbers of a shard of so many points.
    pub(super) fn numbers(&self, points: usize) -> usize {
        self.sheets() * points * self.values
    }
}

/// What is derived from a spectrum.
pub(super) enum Products<T: Sample> {
    Velocity(VelocityProducts<T>),
    Scalar(ScalarProducts<T>),
}

/// A spectrum of the run and what is derived from it.
pub(super) struct Spectrum<T: Sample> {
    pub(super) array: SpectrumArray,
    /// What is held of a tile while it is worked on, the spectrum first if it is.
    pub(super) points: Vec<PointArray>,
    pub(super) products: Products<T>,
    /// Its planes among those of all spectra.
    pub(super) planes: Range<usize>,
    /// What is derived from its components.
    pub(super) components: Option<Components>,
    /// What is mapped of each time segment.
    pub(super) segment_maps: Option<SegmentMaps>,
    /// Whether it is the first of the run, whose maps have plain names.
    first: bool,
}

impl<T: Sample> Spectrum<T> {
    /// The maps with their planes among those of all spectra, in order.
    pub(super) fn maps(&self, lengths: &LeadingLengths) -> Vec<(MapArray, Range<usize>)> {
        let mut maps: Vec<MapArray> = match &self.products {
            Products::Velocity(products) => products.iter().flat_map(|product| product.maps()).collect(),
            Products::Scalar(products) => products.iter().flat_map(|product| product.maps()).collect(),
        };
        maps.extend(self.segment_maps.iter().flat_map(SegmentMaps::maps));
        let mut next = self.planes.start;
        let placed = maps.into_iter().map(|map| {
            let planes = next..next + map.planes(lengths);
            next = planes.end;
            (map, planes)
        });
        placed.collect()
    }

    /// The map of its degrees of freedom.
    pub(super) fn dof_map(&self) -> String {
        match &self.array.scalar {
            Some(scalar) if !self.first => format!("dof_{}", scalar.name),
            _ => "dof".to_owned(),
        }
    }

    /// Numbers at a point that are held of a tile.
    pub(super) fn held(&self) -> usize {
        self.points.iter().map(|array| array.numbers(1)).sum()
    }

    /// Whether components need the cross-spectrum of the two senses.
    pub(super) fn needs_cross(&self) -> bool {
        self.components.as_ref().is_some_and(Components::need_cross)
    }
}

/// Names of the arrays of which shards are written.
pub(super) fn kept_names(config: &Config, analysis: &Analysis) -> Vec<String> {
    let arrays = spectrum_arrays(&config.input.variables, analysis.spec.segment);
    let kept = |array: &SpectrumArray| {
        let components = components(config, analysis, array);
        point_arrays(config, analysis, array, components.as_ref()).into_iter().filter(|array| array.kept)
    };
    arrays.iter().flat_map(kept).map(|array| array.name).collect()
}

/// How long the leading dimensions of a run's maps are.
pub(super) fn leading_lengths(config: &Config, analysis: &Analysis) -> LeadingLengths {
    LeadingLengths { bands: config.bands.len(), time_segments: analysis.time_segment_count() }
}

/// The components of a velocity that are asked for.
fn components(config: &Config, analysis: &Analysis, array: &SpectrumArray) -> Option<Components> {
    let kept = config.components.as_ref().filter(|_| array.scalar.is_none())?.keep.clone();
    Some(Components::new(kept, analysis.frequency_step(), analysis.noise_bandwidth))
}

/// What is held of a tile for a spectrum, in the order in which it is filled.
fn point_arrays(
    config: &Config,
    analysis: &Analysis,
    array: &SpectrumArray,
    components: Option<&Components>,
) -> Vec<PointArray> {
    let mut points = Vec::new();
    if config.output.spectrum || means_are_taken(config) {
        points.push(PointArray {
            name: array.name.clone(),
            kind: PointKind::Psd,
            sheets: 1,
            values: array.frequencies,
            frequencies: array.frequencies,
            axis: array.axis,
            two_sided: array.scalar.is_none(),
            attributes: array.attributes(),
            kept: config.output.spectrum,
        });
    }
    let frequencies = one_sided_bins(analysis.spec.segment);
    for component in components.iter().flat_map(|components| components.arrays()) {
        points.push(PointArray {
            name: component.name.into(),
            kind: PointKind::Component,
            sheets: 1,
            values: if component.complex { 2 * frequencies } else { frequencies },
            frequencies,
            axis: FREQUENCY_ONE_SIDED,
            two_sided: false,
            attributes: component.attributes,
            kept: true,
        });
    }
    if let Some(spectrogram) = config.spectrogram.as_ref().filter(|_| array.scalar.is_none()) {
        points.push(PointArray {
            name: "spectrogram".into(),
            kind: PointKind::Spectrogram,
            sheets: analysis.time_segment_count(),
            values: array.frequencies,
            frequencies: array.frequencies,
            axis: array.axis,
            two_sided: true,
            attributes: spectrogram_attributes(spectrogram.average),
            kept: spectrogram.keeps(SpectrogramKind::Points),
        });
    }
    points
}

/// Whether spectra are averaged over areas.
fn means_are_taken(config: &Config) -> bool {
    config.zonal.is_some() || !config.regions.is_empty() || config.bins.is_some()
}

/// All spectra of a run; `eastward` if the velocity is turned to east and north. `units` are those of a field by its files.
pub(super) fn spectra<'u, T: Sample>(
    config: &Config,
    analysis: &Analysis,
    eastward: bool,
    units: impl Fn(usize) -> Option<&'u str>,
) -> Vec<Spectrum<T>> {
    let (segment, interval, step) = (analysis.spec.segment, analysis.spec.sampling_interval, analysis.frequency_step());
    let bands = &config.bands;
    let flags = || BandFlags::new(bands.clone(), step, nyquist(interval));
    let mut arrays = spectrum_arrays(&config.input.variables, segment);
    for array in &mut arrays {
        let told = |scalar: &Scalar| Scalar::new(&scalar.name, units(array.field));
        array.scalar = array.scalar.as_ref().map(told);
    }
    let several = arrays.len() > 1;
    let mut first_plane = 0;
    let spectrum = |(at, array): (usize, SpectrumArray)| {
        let quality = |named: Option<&Scalar>| Quality {
            of: array.name.clone(),
            named: named.map(|scalar| scalar.name.clone()),
            one_sided: array.scalar.is_some(),
        };
        let confidence = |named: Option<&Scalar>| {
            let named = named.map(|scalar| scalar.name.clone());
            let limits = |probability| Confidence::new(array.name.clone(), named, array.scalar.is_some(), probability);
            config.spectrum.confidence.map(limits)
        };
        let (products, planes) = match &array.scalar {
            None => {
                let mut products: VelocityProducts<T> = Vec::new();
                if !bands.is_empty() {
                    products.push(Box::new(Bands::new(bands.clone(), step)));
                    products.push(Box::new(flags()));
                }
                products.push(Box::new(Moments { eastward }));
                products.push(Box::new(quality(None)));
                if let Some(limits) = confidence(None) {
                    products.push(Box::new(limits));
                }
                let planes = products.iter().map(|product| product.plane_count()).sum::<usize>();
                (Products::Velocity(products), planes)
            }
            Some(scalar) => {
                let mut products: ScalarProducts<T> = Vec::new();
                if !bands.is_empty() {
                    products.push(Box::new(ScalarBands::new(scalar.clone(), bands.clone(), segment, step)));
                }
                // One for the bands of all fields, and plain names for the first of them.
                if !bands.is_empty() && at == 0 {
                    products.push(Box::new(flags()));
                }
                products.push(Box::new(ScalarMoments { scalar: scalar.clone() }));
                let first = (at == 0).then_some(None);
                let own = several.then_some(Some(scalar));
                for named in first.into_iter().chain(own) {
                    products.push(Box::new(quality(named)));
                    if let Some(limits) = confidence(named) {
                        products.push(Box::new(limits));
                    }
                }
                let planes = products.iter().map(|product| product.plane_count()).sum::<usize>();
                (Products::Scalar(products), planes)
            }
        };
        let segment_maps = config.spectrogram.as_ref().filter(|_| array.scalar.is_none()).map(|spectrogram| {
            let bands = if spectrogram.keeps(SpectrogramKind::Bands) { bands.clone() } else { Vec::new() };
            SegmentMaps::new(spectrogram.average, bands, step, config.spectrum.confidence)
        });
        let of_segments = segment_maps.as_ref().map_or(0, |maps| maps.plane_count(analysis.time_segment_count()));
        let planes = first_plane..first_plane + planes + of_segments;
        first_plane = planes.end;
        let components = components(config, analysis, &array);
        let points = point_arrays(config, analysis, &array, components.as_ref());
        Spectrum { array, points, products, planes, components, segment_maps, first: at == 0 }
    };
    arrays.into_iter().enumerate().map(spectrum).collect()
}
