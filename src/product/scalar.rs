//! What is known of a scalar by its name.

/// A scalar that is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its name in the configuration and in the names of its arrays.
    pub name: String,
    known: Option<&'static Known>,
    /// Units by the files.
    told: Option<String>,
}

/// A variable of MITgcm: its files have no units.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    names: &'static [&'static str],
    units: &'static str,
    what: &'static str,
    /// Of CF, where there is one and the units fit it.
    standard_name: Option<&'static str>,
}

const fn known(names: &'static [&'static str], units: &'static str, what: &'static str) -> Known {
    Known { names, units, what, standard_name: None }
}

const fn standard(
    names: &'static [&'static str],
    units: &'static str,
    what: &'static str,
    standard_name: &'static str,
) -> Known {
    Known { names, units, what, standard_name: Some(standard_name) }
}

/// The names that MITgcm's own output, its diagnostics, and LLC4320's files have for them.
const KNOWN: [Known; 23] = [
    known(&["Eta", "ETAN", "ETA"], "m", "surface height anomaly"),
    standard(&["Theta", "THETA", "T"], "degC", "potential temperature", "sea_water_potential_temperature"),
    standard(&["Salt", "SALT", "S"], "1e-3", "salinity", "sea_water_salinity"),
    standard(&["W", "WVEL"], "m s-1", "vertical velocity, upward", "upward_sea_water_velocity"),
    known(&["KPPhbl"], "m", "depth of the boundary layer (KPP)"),
    known(&["MXLDEPTH"], "m", "depth of the mixed layer"),
    known(&["PhiBot", "PHIBOT", "PH_bot", "PHL"], "m2 s-2", "bottom pressure potential anomaly"),
    known(&["PhiHyd", "PHIHYD", "PH"], "m2 s-2", "hydrostatic pressure potential anomaly"),
    known(&["oceTAUX"], "N m-2", "surface stress along the grid's i"),
    known(&["oceTAUY"], "N m-2", "surface stress along the grid's j"),
    known(&["oceQnet"], "W m-2", "net surface heat flux into the ocean"),
    known(&["oceQsw"], "W m-2", "net shortwave radiation into the ocean"),
    known(&["oceFWflx"], "kg m-2 s-1", "net surface freshwater flux into the ocean"),
    known(&["oceSflux", "oceSflx"], "g m-2 s-1", "net surface salt flux into the ocean"),
    standard(&["SIarea"], "1", "sea ice area fraction", "sea_ice_area_fraction"),
    known(&["SIheff"], "m", "effective ice thickness"),
    known(&["SIhsnow"], "m", "effective snow thickness"),
    known(&["SIhsalt"], "g m-2", "effective salt content of the ice"),
    known(&["SIuice"], "m s-1", "ice velocity along the grid's i"),
    known(&["SIvice"], "m s-1", "ice velocity along the grid's j"),
    known(&["SSH"], "m", "sea surface height"),
    standard(&["SST"], "degC", "sea surface temperature", "sea_surface_temperature"),
    standard(&["SSS"], "1e-3", "sea surface salinity", "sea_surface_salinity"),
];

impl Scalar {
    /// The scalar of this name, in the units that the files tell, if they do.
    pub fn new(name: &str, units: Option<&str>) -> Self {
        let told = units.map(str::trim).filter(|units| !units.is_empty()).map(str::to_owned);
        Scalar { name: name.to_owned(), known: KNOWN.iter().find(|known| known.names.contains(&name)), told }
    }

    fn known_units(&self) -> Option<&str> {
        self.told.as_deref().or(self.known.map(|known| known.units))
    }

    /// Units of a value: those of the files, or those of MITgcm's variable of this name; "unknown" where neither says it.
    pub fn units(&self) -> String {
        self.known_units().unwrap_or("unknown").to_owned()
    }

    /// Units of a variance.
    pub fn units_squared(&self) -> String {
        self.known_units().map_or_else(|| "unknown".to_owned(), squared)
    }

    /// Units of a power spectral density, per cycle per day.
    pub fn units_of_density(&self) -> String {
        match self.units_squared().as_str() {
            "unknown" => "unknown".to_owned(),
            "1" => "d".to_owned(),
            squared => format!("{squared} d"),
        }
    }

    /// What it is, with its name: "surface height anomaly (Eta)".
    pub fn words(&self) -> String {
        self.known.map_or_else(|| self.name.clone(), |known| format!("{} ({})", known.what, self.name))
    }

    /// The CF standard name of its mean, in units that fit it.
    pub fn standard_name(&self) -> Option<&'static str> {
        self.known.filter(|known| self.told.as_deref().is_none_or(|told| told == known.units))?.standard_name
    }

    /// A remark on units that are not known.
    pub fn remark(&self) -> Option<String> {
        let text = "the files do not tell the units; they are those of";
        self.known_units().is_none().then(|| format!("{text} {} in the model", self.name))
    }
}

/// How degrees Celsius are written.
const CELSIUS: [&str; 9] =
    ["degc", "deg_c", "degree_c", "degrees_c", "degreec", "celsius", "degree_celsius", "degrees_celsius", "\u{b0}c"];

/// The square of a unit, as CF writes it: that of a product of powers without strokes factor by factor, of others in
/// brackets. Differences of temperatures are in kelvin.
fn squared(units: &str) -> String {
    match units {
        "1" => return "1".to_owned(),
        "1e-3" => return "1e-6".to_owned(),
        _ if CELSIUS.contains(&units.to_lowercase().as_str()) => return "K2".to_owned(),
        _ => {}
    }
    let factor = |factor: &str| {
        let (name, power) = factor.split_at(factor.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(factor.len()));
        let power: i32 = if power.is_empty() { 1 } else { power.parse().ok()? };
        (!name.is_empty()).then(|| format!("{name}{}", 2 * power))
    };
    let factors: Option<Vec<String>> = units.split_whitespace().map(factor).collect();
    factors.map_or_else(|| format!("({units})2"), |factors| factors.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_from_the_name() {
        for (name, units, squared, density) in [
            ("Eta", "m", "m2", "m2 d"),
            ("Theta", "degC", "K2", "K2 d"),
            ("Salt", "1e-3", "1e-6", "1e-6 d"),
            ("PhiBot", "m2 s-2", "m4 s-4", "m4 s-4 d"),
            ("W", "m s-1", "m2 s-2", "m2 s-2 d"),
            ("oceQnet", "W m-2", "W2 m-4", "W2 m-4 d"),
            ("oceFWflx", "kg m-2 s-1", "kg2 m-4 s-2", "kg2 m-4 s-2 d"),
            ("SIarea", "1", "1", "d"),
            ("TRAC01", "unknown", "unknown", "unknown"),
        ] {
            let scalar = Scalar::new(name, None);
            assert_eq!([scalar.units(), scalar.units_squared(), scalar.units_of_density()], [units, squared, density]);
            assert_eq!(scalar.remark().is_some(), units == "unknown", "{name}");
        }
        assert_eq!(Scalar::new("Eta", None).words(), "surface height anomaly (Eta)");
        assert_eq!(Scalar::new("TRAC01", None).words(), "TRAC01");
    }

    #[test]
    fn what_the_files_tell_goes_before_names() {
        for (name, told, squared, density) in [
            ("Eta", "cm", "cm2", "cm2 d"),
            ("zos", "m", "m2", "m2 d"),
            ("thetao", "degrees_C", "K2", "K2 d"),
            ("Theta", "K", "K2", "K2 d"),
            ("so", "g kg-1", "g2 kg-2", "g2 kg-2 d"),
            ("w", "m/s", "(m/s)2", "(m/s)2 d"),
            ("so", "0.001", "(0.001)2", "(0.001)2 d"),
            ("ice", "1", "1", "d"),
        ] {
            let scalar = Scalar::new(name, Some(told));
            assert_eq!([scalar.units(), scalar.units_squared(), scalar.units_of_density()], [told, squared, density]);
            assert_eq!(scalar.remark(), None, "{name}");
        }
        assert_eq!(Scalar::new("Theta", Some("K")).standard_name(), None);
        assert_eq!(Scalar::new("Theta", Some("degC")).standard_name(), Some("sea_water_potential_temperature"));
        assert_eq!(Scalar::new("zos", Some(" ")), Scalar::new("zos", None));
    }

    #[test]
    fn no_name_stands_for_two() {
        let mut names: Vec<&str> = KNOWN.iter().flat_map(|known| known.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
