//! Tables of products: their defaults, their values, and what they need of each other.

use super::*;
use crate::terms::{Averaging, Component, Outline};

#[test]
fn products_are_off_unless_their_table_stands() {
    let without = parse("");
    assert_eq!((&without.zonal, &without.regions[..], &without.bins), (&None, &[][..], &None));
    assert_eq!((&without.spectrogram, &without.components), (&None, &None));
    let config = parse(
        "[zonal]\n[[bands]]\npreset = \"literature\"\n[bins]\n[spectrogram]\n[components]\n[[regions]]\nname = \"a\"\n\
         lon = [170, -170]\nlat = [-10, 10]",
    );
    let zonal = config.zonal.clone().unwrap();
    let f_ratio = Some(RatioAxis { limit: 3.0, step: 0.05 });
    assert_eq!(zonal, Zonal { width_degrees: 1.0, depths: Depths::ALL, f_ratio });
    let bins = config.bins.clone().unwrap();
    assert_eq!(bins, LatLonBins { lon_degrees: 1.0, lat_degrees: 1.0, depths: Depths::ALL });
    let spectrogram = config.spectrogram.clone().unwrap();
    assert_eq!(spectrogram, Spectrogram { average: Averaging::Segment, keep: vec![SpectrogramKind::Points] });
    assert!(spectrogram.keeps(SpectrogramKind::Points) && !spectrogram.keeps(SpectrogramKind::Zonal));
    assert_eq!(config.components.clone().unwrap().keep, Component::ALL);
    let outline = Outline::Box { lon: [170.0, -170.0], lat: [-10.0, 10.0] };
    assert_eq!(config.regions, [Region { name: "a".to_owned(), depths: Depths::ALL, outline }]);
    assert_eq!(parse(&config.to_toml()), config);
}

#[test]
fn products_take_what_they_are_told() {
    let config = parse(
        "bands = [{ name = \"a\", limits = [1, 2] }]\nregions = [{ name = \"a b\", lon = [-180, 180], lat = [-90, 90], depth = [0, \
         3e3] }]\nzonal = { width = 0.1, depth = [200, inf], f_ratio_limit = 1, f_ratio_step = 0.3333333333333333 }\nbins = { width \
         = [2.5, 0.25], depth = [1e-3, 10] }\nspectrogram = { average = \"season\", keep = [\"bands\", \"zonal\", \"regions\", \
         \"bins\"] }\ncomponents = { keep = [\"ellipse\", \"S_uu\"] }",
    );
    let zonal = config.zonal.clone().unwrap();
    assert_eq!((zonal.width_degrees, zonal.depths), (0.1, Depths { from: 200.0, to: f64::INFINITY }));
    assert_eq!(zonal.f_ratio, Some(RatioAxis { limit: 1.0, step: 1.0 / 3.0 }));
    let depths = Depths { from: 1e-3, to: 10.0 };
    assert_eq!(config.bins, Some(LatLonBins { lon_degrees: 2.5, lat_degrees: 0.25, depths }));
    let spectrogram = config.spectrogram.clone().unwrap();
    assert_eq!(spectrogram.average, Averaging::Season);
    assert_eq!(
        spectrogram.keep.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        ["bands", "zonal", "regions", "bins"]
    );
    assert_eq!(config.components.clone().unwrap().keep, [Component::Ellipse, Component::Suu]);
    assert_eq!(config.regions[0].depths, Depths { from: 0.0, to: 3000.0 });
    assert!(config.paths_read().is_empty());
    assert_eq!(parse(&config.to_toml()), config);
    assert_eq!(parse("zonal.f_ratio_limit = 0").zonal.unwrap().f_ratio, None);
    // Longitude-latitude bins of spectra through time need no bands.
    parse("[bins]\n[spectrogram]\nkeep = [\"bins\"]");
    // Scalars have means, too.
    parse("input.scalar = [\"Eta\"]\nbands = [{ name = \"a\", limits = [1, 2] }]\n[zonal]\n[bins]");
}

#[test]
fn products_of_what_is_not_computed_are_refused() {
    for (text, marked, part) in [
        (
            "[bins]",
            "[bins]",
            "`bins`: is for means of bands, and there are no [[bands]]; add one, or keep = [\"bins\"]",
        ),
        ("[bins]\n[spectrogram]\nkeep = [\"points\"]", "[bins]", "there are no [[bands]]"),
        ("[spectrogram]\n[input]\nscalar = [\"Eta\"]", "[spectrogram]", "`spectrogram`: is of a velocity"),
        ("[components]\n[input]\nscalar = [\"Eta\"]", "[components]", "`components`: is of a velocity"),
    ] {
        let error = refused(text, &[]);
        let text = error.to_string();
        assert!(text.contains(part), "{text}");
        let words = error.excerpt().unwrap().words.as_ref().unwrap();
        assert_eq!(words.line, marked, "{text}");
    }
}
