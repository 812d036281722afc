//! How the records of a run are analysed: cut, tapered, and which segments share a spectrum.

use super::planning::SNAPSHOTS_AT_MOST;
use crate::Error;
use crate::config::{Config, Missing, Segment};
use crate::product::TimeSegments;
use crate::source::TimeAxis;
use crate::spectrum::{
    Extras, Segmentation, SpectrumError, Welch, WelchSpec, equivalent_noise_bandwidth, frequency_step,
};
use crate::terms::{Calendar, CyclesPerDay, Sample, Seconds, short};

/// All that is known of the estimates before there is any.
#[derive(Clone, Debug)]
pub(super) struct Analysis {
    pub(super) spec: WelchSpec,
    pub(super) segmentation: Segmentation,
    /// Width of the window [bins].
    pub(super) noise_bandwidth: f64,
    /// The spectra of a spectrogram.
    pub(super) time_segments: Option<TimeSegments>,
    /// Start of the record, seconds since 1970 of its calendar.
    start: f64,
}

/// Samples of a segment.
fn segment_samples(config: &Config, interval: Seconds) -> Result<usize, Error> {
    match config.spectrum.segment {
        Segment::Samples(count) => Ok(count),
        Segment::Duration(duration) => {
            let samples = duration.0 / interval.0;
            let whole = samples.round();
            let wrong = if whole < 2.0 {
                "a segment has at least 2".to_owned()
            } else if whole > SNAPSHOTS_AT_MOST as f64 {
                format!("a record has at most {SNAPSHOTS_AT_MOST}")
            } else if (samples - whole).abs() > 1e-6 * whole {
                let [below, above] = [samples.floor().max(2.0), samples.ceil()];
                format!("not a whole number; nearest: \"{below} samples\" or \"{above} samples\"")
            } else {
                return Ok(whole as usize);
            };
            let message = format!("{duration} is {} samples of {interval}, {wrong}", short(samples));
            Err(Error::Setting { text: config.explain("spectrum.segment", &message) })
        }
    }
}

/// The estimator's specification for a record of `steps` samples.
fn welch_spec(config: &Config, steps: usize, interval: Seconds) -> Result<WelchSpec, Error> {
    Ok(WelchSpec {
        steps,
        segment: segment_samples(config, interval)?,
        overlap: config.spectrum.overlap,
        window: config.spectrum.window,
        detrend: config.spectrum.detrend,
        sampling_interval: interval,
        longest_gap: match config.prepare.missing {
            Missing::Interpolate(steps) => steps,
            Missing::Fail | Missing::Reject => 0,
        },
    })
}

/// An error of the estimator, with the line of the key.
fn told(config: &Config, error: SpectrumError) -> Error {
    let key = match &error {
        SpectrumError::SegmentLength { .. } => "spectrum.segment",
        SpectrumError::Overlap { .. } | SpectrumError::Pairs { .. } => "spectrum.overlap",
        SpectrumError::Window { .. } => "spectrum.window",
        SpectrumError::SamplingInterval { .. } => return Error::Spectrum(error),
    };
    Error::Setting { text: config.explain(key, &error.to_string()) }
}

impl Analysis {
    /// For a record of so many `steps`, `interval` apart, the first of them `start` seconds after 1970 of the `calendar`.
    ///
    /// # Errors
    /// Settings that do not fit the record, told with their lines.
    pub(super) fn new(
        config: &Config,
        steps: usize,
        interval: Seconds,
        (start, calendar): (f64, Calendar),
    ) -> Result<Self, Error> {
        let spec = welch_spec(config, steps, interval)?;
        let told = |error| told(config, error);
        let segmentation = Segmentation::new(steps, spec.segment, spec.overlap).map_err(told)?;
        let noise_bandwidth = equivalent_noise_bandwidth(spec.window, spec.segment).map_err(told)?;
        let mut analysis = Analysis { spec, segmentation, noise_bandwidth, time_segments: None, start };
        if let Some(spectrogram) = &config.spectrogram {
            let bounds = analysis.segment_bounds();
            let middles: Vec<f64> = bounds.iter().map(|[from, to]| 0.5 * (from + to)).collect();
            let segments = TimeSegments::new(&middles, spectrogram.average, calendar)
                .map_err(|error| Error::Setting { text: config.explain("spectrogram.average", &error.to_string()) })?;
            analysis.time_segments = Some(segments);
        }
        Ok(analysis)
    }

    /// Of the snapshots of a run.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(super) fn of(config: &Config, time: &TimeAxis) -> Result<Self, Error> {
        Self::new(config, time.len(), Seconds(time.interval()), (time.start(), time.calendar))
    }

    /// First and last sample of each segment [seconds since 1970 of the calendar].
    pub(super) fn segment_bounds(&self) -> Vec<[f64; 2]> {
        let seconds = |sample: usize| self.start + sample as f64 * self.spec.sampling_interval.0;
        let segments = (0..self.segmentation.count).map(|segment| self.segmentation.samples(segment));
        segments.map(|samples| [seconds(samples.start), seconds(samples.end - 1)]).collect()
    }

    /// Spectra of a spectrogram at a point; 0 without one.
    pub(super) fn time_segment_count(&self) -> usize {
        self.time_segments.as_ref().map_or(0, |segments| segments.labels.len())
    }

    /// Distance of frequencies.
    pub(super) fn frequency_step(&self) -> CyclesPerDay {
        frequency_step(self.spec.segment, self.spec.sampling_interval)
    }

    /// The estimator.
    ///
    /// # Errors
    /// Settings that do not fit the record, told with their lines.
    pub(super) fn welch<T: Sample>(&self, config: &Config, cross: bool) -> Result<Welch<T>, Error> {
        let classes = self.time_segments.as_ref().map(|segments| segments.classes.clone());
        Welch::with_extras(&self.spec, Extras { cross, classes }).map_err(|error| told(config, error))
    }
}
