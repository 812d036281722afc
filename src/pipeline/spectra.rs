//! The spectra of a run, with what is derived from each: the rotary spectrum of the velocity, if there is one, then the
//! one-sided spectrum of each scalar, in the order of the fields.

use std::ops::Range;

use serde_json::{Map, Value};

use super::planning::nyquist;
use crate::config::{Config, Variables};
use crate::product::{
    BandFlags, Bands, Confidence, MapArray, Moments, Quality, Scalar, ScalarBands, ScalarMoments, ScalarProducts,
    VelocityProducts, one_sided_psd_attributes, rotary_psd_attributes,
};
use crate::spectrum::{frequency_step, one_sided_bins};
use crate::terms::{Sample, Seconds};

/// The frequencies of the first spectrum: two-sided of a velocity, one-sided in a run of scalars alone.
pub(super) const FREQUENCY: &str = "freq_time";
/// Those of the scalars beside a velocity.
pub(super) const FREQUENCY_OF_SCALARS: &str = "freq_time_one_sided";

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
    let axis = if velocity.is_some() { FREQUENCY_OF_SCALARS } else { FREQUENCY };
    let scalars = variables.scalars.iter().enumerate().map(|(at, name)| SpectrumArray {
        name: format!("psd_{name}"),
        field: variables.first_scalar() + at,
        scalar: Some(Scalar::new(name)),
        frequencies: one_sided_bins(segment),
        axis,
    });
    velocity.into_iter().chain(scalars).collect()
}

/// What is derived from a spectrum.
pub(super) enum Products<T: Sample> {
    Velocity(VelocityProducts<T>),
    Scalar(ScalarProducts<T>),
}

/// A spectrum of the run and what is derived from it.
pub(super) struct Spectrum<T: Sample> {
    pub(super) array: SpectrumArray,
    pub(super) products: Products<T>,
    /// Its planes among those of all spectra.
    pub(super) planes: Range<usize>,
}

impl<T: Sample> Spectrum<T> {
    /// The maps, in the order of their planes.
    pub(super) fn maps(&self) -> Vec<MapArray> {
        match &self.products {
            Products::Velocity(products) => products.iter().flat_map(|product| product.maps()).collect(),
            Products::Scalar(products) => products.iter().flat_map(|product| product.maps()).collect(),
        }
    }
}

/// All spectra of a run of segments of so many samples; `eastward` if the velocity is turned to east and north.
pub(super) fn spectra<T: Sample>(
    config: &Config,
    segment: usize,
    interval: Seconds,
    eastward: bool,
) -> Vec<Spectrum<T>> {
    let step = frequency_step(segment, interval);
    let bands = &config.bands;
    let flags = || BandFlags::new(bands.clone(), step, nyquist(interval));
    let arrays = spectrum_arrays(&config.input.variables, segment);
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
        let planes = first_plane..first_plane + planes;
        first_plane = planes.end;
        Spectrum { array, products, planes }
    };
    arrays.into_iter().enumerate().map(spectrum).collect()
}
