//! Spectra through time: which segments of a record share one, and what its arrays say of themselves.

use serde_json::{Map, Value, json};

use super::{ProductError, attributes};
use crate::spectrum::SegmentClasses;
use crate::terms::{Averaging, Calendar};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const SEASONS: [&str; 4] = ["DJF", "MAM", "JJA", "SON"];

/// The places along the dimension `time_segment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSegments {
    /// The place of each segment.
    pub classes: SegmentClasses,
    /// The name of each place: a month, DJF and so on, or the date and time of a segment's middle.
    pub labels: Vec<String>,
}

impl TimeSegments {
    /// The segments of a record, of which `middles` are the middles in seconds since 1970 of the `calendar`, UTC, put
    /// together by `averaging`: each by itself; by the month, in the order January to December, or the season, in the order
    /// DJF, MAM, JJA, SON, that its middle is in, of all years together, those that the record has.
    ///
    /// # Errors
    /// [`ProductError::Calendar`] for months and seasons outside of the years -9999 to 9999.
    pub fn new(middles: &[f64], averaging: Averaging, calendar: Calendar) -> Result<Self, ProductError> {
        let names: &[&str] = match averaging {
            Averaging::Segment => {
                let classes = SegmentClasses::new((0..middles.len()).collect(), middles.len());
                return Ok(TimeSegments {
                    classes,
                    labels: middles.iter().map(|middle| date(*middle, calendar)).collect(),
                });
            }
            Averaging::Month => &MONTHS,
            Averaging::Season => &SEASONS,
        };
        let mut places = Vec::with_capacity(middles.len());
        for (segment, &seconds) in middles.iter().enumerate() {
            let month =
                month(seconds, calendar).ok_or(ProductError::Calendar { segment, seconds, average: averaging })?;
            // December is the first month of the first season.
            places.push(if averaging == Averaging::Month { month - 1 } else { month % 12 / 3 });
        }
        let there: Vec<usize> = (0..names.len()).filter(|place| places.contains(place)).collect();
        // How many of those that are there come before.
        let classes = places.iter().map(|place| there.partition_point(|other| other < place)).collect();
        Ok(TimeSegments {
            classes: SegmentClasses::new(classes, there.len()),
            labels: there.into_iter().map(|place| names[place].to_owned()).collect(),
        })
    }
}

/// Month, 1 to 12, of a time in seconds since 1970; None outside of the years that have dates.
fn month(seconds: f64, calendar: Calendar) -> Option<usize> {
    Some(usize::from(calendar.date_time(seconds.floor() as i64, 0)?.month))
}

/// ISO 8601, to the second.
fn date(seconds: f64, calendar: Calendar) -> String {
    let date = calendar.date_time(seconds.floor() as i64, 0);
    date.map_or_else(|| format!("{seconds:e} s since 1970"), |date| date.to_string())
}

/// What the places of `time_segment` are.
fn place(averaging: Averaging) -> &'static str {
    match averaging {
        Averaging::Segment => "segment",
        Averaging::Month => "calendar month",
        Averaging::Season => "season",
    }
}

fn cell_methods(averaging: Averaging) -> &'static str {
    match averaging {
        Averaging::Segment => "time_segment: point (one periodogram)",
        Averaging::Month | Averaging::Season => {
            "time: mean within years (of periodograms of overlapping segments) time: mean over years"
        }
    }
}

/// CF attributes of the coordinate `time_segment`; `since` is the epoch of the times of segments, in the `calendar`.
pub fn time_segment_attributes(averaging: Averaging, since: &str, calendar: Calendar) -> Map<String, Value> {
    let attributes = match averaging {
        Averaging::Segment => json!({
            "long_name": "middle of the segment",
            "standard_name": "time",
            "units": format!("seconds since {since}"),
            "calendar": calendar.name(),
        }),
        Averaging::Month | Averaging::Season => json!({
            "long_name": format!("{} that the middle of a segment is in, of all years", place(averaging)),
            "units": "1",
        }),
    };
    attributes.as_object().cloned().unwrap_or_default()
}

/// CF attributes of `spectrogram` (time_segment, face, j, i, freq_time): S_ww of w = u + i v by segment.
pub fn spectrogram_attributes(averaging: Averaging) -> Map<String, Value> {
    attributes(
        &format!("two-sided rotary power spectral density S_ww of u + i v, by {}", place(averaging)),
        "m2 s-2 d",
        &[
            ("sidedness", json!("two-sided: negative frequencies turn clockwise, positive ones counter-clockwise")),
            (
                "comment",
                json!(
                    "density: the integral over freq_time is twice the kinetic energy per unit mass; the mean over \
                     time_segment, weighted by spectrogram_segments_used, is rotary_psd"
                ),
            ),
            ("cell_methods", json!(cell_methods(averaging))),
        ],
    )
}

/// CF attributes of `spectrogram_segments_used` (time_segment, face, j, i).
pub fn spectrogram_segments_used_attributes(averaging: Averaging) -> Map<String, Value> {
    attributes(&format!("number of segments averaged in each {}", place(averaging)), "1", &[])
}

/// CF attributes of `spectrogram_dof` (time_segment, face, j, i).
pub fn spectrogram_dof_attributes(averaging: Averaging) -> Map<String, Value> {
    attributes(
        &format!("equivalent degrees of freedom of one bin of spectrogram, by {}", place(averaging)),
        "1",
        &[
            (
                "comment",
                json!(
                    "away from 0 and +- df, where a taper mixes both senses; over the segments used, which need not be neighbours"
                ),
            ),
            ("references", json!("Percival and Walden (1993), Spectral Analysis for Physical Applications, eq. 292b")),
        ],
    )
}

/// CF attributes of `band_ke_segments` (time_segment, band, face, j, i).
pub fn band_ke_segments_attributes(averaging: Averaging) -> Map<String, Value> {
    attributes(
        &format!("kinetic energy per unit mass in the band, by {}", place(averaging)),
        "m2 s-2",
        &[
            ("comment", json!("1/2 S_ww integrated over the band, partial bins by their overlap")),
            ("cell_methods", json!(cell_methods(averaging))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::terms::DateTime;

    fn seconds(year: i16, month: i8, day: i8, hour: i8) -> f64 {
        let time = TimeZone::UTC.to_timestamp(civil::date(year, month, day).at(hour, 0, 0, 0)).unwrap();
        time.as_second() as f64
    }

    fn of(middles: &[f64], averaging: Averaging) -> (Vec<usize>, Vec<String>) {
        let TimeSegments { classes, labels } =
            TimeSegments::new(middles, averaging, Calendar::ProlepticGregorian).unwrap();
        assert_eq!(classes.count(), labels.len());
        (classes.of_segment().to_vec(), labels)
    }

    #[test]
    fn segments_are_where_their_middles_are() {
        // From September 2011 to March 2013, across a leap day and two new years.
        let middles = [
            seconds(2011, 9, 30, 23),
            seconds(2011, 10, 1, 0),
            seconds(2011, 12, 31, 23) + 3599.5,
            seconds(2012, 1, 1, 0),
            seconds(2012, 2, 29, 12),
            seconds(2012, 3, 1, 0) - 0.25,
            seconds(2012, 3, 1, 0),
            seconds(2012, 12, 1, 0),
            seconds(2013, 1, 15, 5),
            seconds(2013, 3, 1, 0),
        ];
        let (places, labels) = of(&middles, Averaging::Month);
        assert_eq!(labels, ["January", "February", "March", "September", "October", "December"]);
        assert_eq!(places, [3, 4, 5, 0, 1, 1, 2, 5, 0, 2]);
        let (places, labels) = of(&middles, Averaging::Season);
        assert_eq!(labels, ["DJF", "MAM", "SON"]);
        assert_eq!(places, [2, 2, 0, 0, 0, 0, 1, 0, 0, 1]);
        let (places, labels) = of(&middles[..3], Averaging::Segment);
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(labels, ["2011-09-30T23:00:00", "2011-10-01T00:00:00", "2011-12-31T23:59:59"]);
        assert_eq!(of(&[], Averaging::Month), (vec![], vec![]));
    }

    #[test]
    fn every_month_has_its_season() {
        let middles: Vec<f64> = (1..=12).map(|month| seconds(1858, month, 17, 0)).collect();
        let (places, labels) = of(&middles, Averaging::Season);
        assert_eq!(labels, SEASONS);
        assert_eq!(places, [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0]);
        assert_eq!(of(&middles, Averaging::Month).1, MONTHS);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        // The 30th of every month, also of February: the last day.
        let last = |month| Calendar::Day360.seconds(&DateTime::midnight(2012, month, 30)).unwrap() as f64;
        let middles: Vec<f64> = (1..=12).map(last).chain([last(12) + 86_400.0]).collect();
        let segments = TimeSegments::new(&middles, Averaging::Month, Calendar::Day360).unwrap();
        let months: Vec<usize> = (0..12).chain([0]).collect();
        assert_eq!(
            (segments.classes.of_segment(), &segments.labels[..]),
            (&months[..], &MONTHS.map(str::to_owned)[..])
        );
        let segments = TimeSegments::new(&middles[1..2], Averaging::Segment, Calendar::Day360).unwrap();
        assert_eq!(segments.labels, ["2012-02-30T00:00:00"]);
        // The same time without leap days is later by those since 1970.
        let march = Calendar::NoLeap.seconds(&DateTime::midnight(2012, 3, 1)).unwrap() as f64;
        let of = |calendar| TimeSegments::new(&[march], Averaging::Season, calendar).unwrap().labels;
        assert_eq!((of(Calendar::NoLeap), of(Calendar::Standard)), (vec!["MAM".into()], vec!["DJF".into()]));
    }

    #[test]
    fn times_without_a_month_are_errors_that_name_the_keys() {
        for far in [1e300, -1e300, 4e11, f64::INFINITY] {
            let error = TimeSegments::new(&[0.0, far], Averaging::Month, Calendar::Standard).unwrap_err();
            assert_eq!(error, ProductError::Calendar { segment: 1, seconds: far, average: Averaging::Month });
            assert!(error.to_string().contains("input.epoch"), "{error}");
            assert!(of(&[0.0, far], Averaging::Segment).1[1].ends_with("s since 1970"));
        }
    }

    #[test]
    fn arrays_say_what_they_are_averaged_over() {
        for (averaging, word) in
            [(Averaging::Segment, "segment"), (Averaging::Month, "month"), (Averaging::Season, "season")]
        {
            for (attributes, units) in [
                (spectrogram_attributes(averaging), "m2 s-2 d"),
                (spectrogram_segments_used_attributes(averaging), "1"),
                (spectrogram_dof_attributes(averaging), "1"),
                (band_ke_segments_attributes(averaging), "m2 s-2"),
            ] {
                assert_eq!(attributes["units"], units);
                assert!(attributes["long_name"].as_str().unwrap().contains(word));
            }
        }
        let time = time_segment_attributes(Averaging::Segment, "2011-09-10T00:00:00", Calendar::Day360);
        assert_eq!(time["units"], "seconds since 2011-09-10T00:00:00");
        assert_eq!(time["calendar"], "360_day");
        assert_eq!(time_segment_attributes(Averaging::Month, "", Calendar::Standard)["units"], "1");
    }
}
