//! From stored values to physical ones, by CF's attributes: `scale_factor`, `add_offset`, `_FillValue`, `missing_value`.

use serde::{Deserialize, Serialize};

use super::super::dataset::{ArrayInfo, Element, ElementKind};
use crate::terms::Sample;

/// What netCDF writes where nothing was written, of floating-point numbers.
pub(super) const NOTHING_WRITTEN: f64 = 9.969_209_968_386_869e36;

/// Of an array without `_FillValue`, what stands where nothing was written: of whole numbers only where they are packed, by
/// netCDF's own fill values (of single bytes there is none), and where the array is filled with that.
fn nothing_written(array: &ArrayInfo, is_packed: bool) -> Option<f64> {
    let own = match array.element.kind {
        ElementKind::Float32 | ElementKind::Float64 => return Some(NOTHING_WRITTEN),
        ElementKind::Int(2) => -32767.0,
        ElementKind::Int(4) => -2_147_483_647.0,
        ElementKind::UInt(2) => 65_535.0,
        ElementKind::UInt(4) => 4_294_967_295.0,
        _ => return None,
    };
    let mut fill = [0.0];
    let bytes = array.element.bytes();
    array.element.decode(array.fill.get(..bytes)?, &mut fill);
    (is_packed && fill[0] == own).then_some(own)
}

/// Numbers of so many bytes.
fn range(bytes: u8) -> f64 {
    (1_u64 << (8 * u32::from(bytes))) as f64
}

/// The float64 of a number that was written as float32: of 1e20, which is 1.00000002004e20 there, 1e20.
fn same_number(value: f64) -> Option<f64> {
    let single = value as f32;
    (f64::from(single) == value).then(|| single.to_string().parse().ok()).flatten()
}

/// How the values of an array are packed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packing {
    /// Stored type.
    pub element: Element,
    /// Factor, then summand; none for values as they are.
    pub scaled: Option<[f64; 2]>,
    /// Stored values that stand for none, as an array of its type has them: attributes may be of another type.
    pub missing: Vec<f64>,
}

impl Packing {
    /// Of an array, by its attributes.
    pub fn of(array: &ArrayInfo) -> Self {
        let attributes = &array.attributes;
        let mut element = array.element;
        match (element.kind, attributes.text("_Unsigned").map(str::to_ascii_lowercase).as_deref()) {
            (ElementKind::Int(bytes), Some("true")) => element.kind = ElementKind::UInt(bytes),
            (ElementKind::UInt(bytes), Some("false")) => element.kind = ElementKind::Int(bytes),
            _ => {}
        }
        let factor = attributes.number("scale_factor");
        let summand = attributes.number("add_offset");
        let scaled = (factor.is_some() || summand.is_some()).then(|| [factor.unwrap_or(1.0), summand.unwrap_or(0.0)]);
        let names = ["_FillValue", "missing_value"];
        let mut missing: Vec<f64> =
            names.iter().flat_map(|name| attributes.numbers(name).unwrap_or(&[]).to_vec()).collect();
        if attributes.numbers("_FillValue").is_none() {
            missing.extend(nothing_written(array, scaled.is_some()));
        }
        // Attributes are of the stored type, with a sign or without.
        match (array.element.kind, element.kind) {
            (ElementKind::Int(bytes @ 1..=4), ElementKind::UInt(_)) => {
                missing.iter_mut().filter(|value| **value < 0.0).for_each(|value| *value += range(bytes));
            }
            (ElementKind::UInt(bytes @ 1..=4), ElementKind::Int(_)) => {
                missing
                    .iter_mut()
                    .filter(|value| **value >= range(bytes) / 2.0)
                    .for_each(|value| *value -= range(bytes));
            }
            _ => {}
        }
        match element.kind {
            ElementKind::Float32 => missing.iter_mut().for_each(|value| *value = f64::from(*value as f32)),
            ElementKind::Float64 => missing.extend(missing.clone().into_iter().filter_map(same_number)),
            _ => {}
        }
        missing.retain(|value| value.is_finite());
        missing.sort_by(f64::total_cmp);
        missing.dedup();
        Packing { element, scaled, missing }
    }

    /// Decodes `raw`, rounding to `T`: what is missing is NaN. Packed values are unpacked in float64.
    pub fn decode<T: Sample>(&self, raw: &[u8], out: &mut [T]) {
        let Some([factor, summand]) = self.scaled else {
            self.element.decode(raw, out);
            for missing in &self.missing {
                let missing = T::rounded(*missing);
                out.iter_mut().filter(|value| **value == missing).for_each(|value| *value = T::nan());
            }
            return;
        };
        let mut values = [0.0_f64; 256];
        let bytes = self.element.bytes();
        for (raw, out) in raw.chunks(values.len() * bytes).zip(out.chunks_mut(values.len())) {
            let values = &mut values[..out.len()];
            self.element.decode(raw, values);
            for (out, value) in out.iter_mut().zip(values) {
                let there = !self.missing.contains(value);
                *out = if there { T::rounded(*value * factor + summand) } else { T::nan() };
            }
        }
    }

    /// In words, for a description; empty for values as they are.
    pub fn describe(&self) -> String {
        self.scaled.map_or_else(String::new, |[factor, summand]| {
            format!("packed as {}: value * {factor} + {summand}", self.element.name())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dataset::{Attribute, Attributes};
    use super::super::super::number::Endian;
    use super::*;

    fn packing(kind: ElementKind, attributes: &[(&str, f64)]) -> Packing {
        let mut array = super::super::tests::array("u", &[("x", 4)], &[]);
        array.element = Element { kind, endian: Endian::Little };
        let numbers = attributes.iter().map(|(name, value)| ((*name).to_owned(), Attribute::Numbers(vec![*value])));
        array.attributes = Attributes(numbers.collect());
        Packing::of(&array)
    }

    #[test]
    fn packed_values_are_unpacked_in_float64() {
        let packing =
            packing(ElementKind::Int(2), &[("scale_factor", 0.001), ("add_offset", 3.0), ("_FillValue", -32768.0)]);
        let raw: Vec<u8> = [0_i16, -1500, -32768, 32767].iter().flat_map(|value| value.to_le_bytes()).collect();
        let mut out = [0.0_f64; 4];
        packing.decode(&raw, &mut out);
        assert_eq!(out[..2], [3.0, -1500.0 * 0.001 + 3.0]);
        assert!(out[2].is_nan() && out[3] == 32767.0 * 0.001 + 3.0);
        let mut single = [0.0_f32; 4];
        packing.decode(&raw, &mut single);
        assert_eq!(single[1], (-1500.0_f64 * 0.001 + 3.0) as f32);
    }

    #[test]
    fn fill_values_are_nan_and_land_of_zero_is_not() {
        let raw: Vec<u8> = [0.0_f32, 1e20, 2.5, 9.969_21e36].iter().flat_map(|value| value.to_le_bytes()).collect();
        let mut out = [9.0_f32; 4];
        packing(ElementKind::Float32, &[("_FillValue", f64::from(1e20_f32))]).decode(&raw, &mut out);
        assert!(out[0] == 0.0 && out[1].is_nan() && out[2] == 2.5 && out[3] > 9e36);
        packing(ElementKind::Float32, &[]).decode(&raw, &mut out);
        assert!(out[0] == 0.0 && out[1] == 1e20 && out[3].is_nan());
    }

    #[test]
    fn fill_values_of_another_type_than_the_array_are_found() {
        let packing_of = |kind, fill: f64| packing(kind, &[("missing_value", fill)]);
        let single: Vec<u8> = [1e20_f32, 0.25].iter().flat_map(|value| value.to_le_bytes()).collect();
        let double: Vec<u8> = [1e20_f64, 0.25].iter().flat_map(|value| value.to_le_bytes()).collect();
        for (packing, raw) in [
            (packing_of(ElementKind::Float32, 1e20), &single),
            (packing_of(ElementKind::Float32, f64::from(1e20_f32)), &single),
            (packing_of(ElementKind::Float64, 1e20), &double),
            (packing_of(ElementKind::Float64, f64::from(1e20_f32)), &double),
        ] {
            let (mut as_double, mut as_single) = ([0.0_f64; 2], [0.0_f32; 2]);
            packing.decode(raw, &mut as_double);
            packing.decode(raw, &mut as_single);
            assert!(as_double[0].is_nan() && as_single[0].is_nan(), "{packing:?}");
            assert!(as_double[1] == 0.25 && as_single[1] == 0.25);
            let scaled = Packing { scaled: Some([2.0, 0.0]), ..packing };
            scaled.decode(raw, &mut as_double);
            assert!(as_double[0].is_nan() && as_double[1] == 0.5);
        }
        // Too large for the array: no value can be it.
        assert_eq!(packing_of(ElementKind::Float32, 1e300).missing, [NOTHING_WRITTEN]);
    }

    #[test]
    fn what_was_never_written_is_missing() {
        let mut array = super::super::tests::array("u", &[("x", 2)], &[]);
        array.element = Element { kind: ElementKind::Int(2), endian: Endian::Little };
        array.fill = (-32767_i16).to_le_bytes().to_vec();
        // Whole numbers as they are may be anything.
        assert!(Packing::of(&array).missing.is_empty());
        array.attributes.0.insert("scale_factor".into(), Attribute::Numbers(vec![2e-4]));
        assert_eq!(Packing::of(&array).missing, [-32767.0]);
        array.attributes.0.insert("_Unsigned".into(), Attribute::Text("True".into()));
        assert_eq!(Packing::of(&array).missing, [32769.0]);
        array.fill = vec![0; 2];
        assert!(Packing::of(&array).missing.is_empty());
        array.attributes.0.insert("_FillValue".into(), Attribute::Numbers(vec![-9.0]));
        array.fill = (-32767_i16).to_le_bytes().to_vec();
        assert_eq!(Packing::of(&array).missing, [65527.0]);
        // missing_value is a user's, what was never written is netCDF's.
        let packing = packing(ElementKind::Float32, &[("missing_value", -999.0)]);
        assert_eq!(packing.missing, [-999.0, NOTHING_WRITTEN]);
    }

    #[test]
    fn signed_bytes_of_unsigned_files() {
        let mut array = super::super::tests::array("u", &[("x", 2)], &[("_Unsigned", "false")]);
        array.element = Element { kind: ElementKind::UInt(1), endian: Endian::Little };
        array.attributes.0.insert("_FillValue".into(), Attribute::Numbers(vec![255.0]));
        let mut out = [0.0_f64; 2];
        Packing::of(&array).decode(&[200, 255], &mut out);
        assert!(out[0] == -56.0 && out[1].is_nan());
    }

    #[test]
    fn unsigned_bytes_of_classic_files() {
        let mut array = super::super::tests::array("u", &[("x", 2)], &[("_Unsigned", "true")]);
        array.element = Element { kind: ElementKind::Int(1), endian: Endian::Big };
        array.attributes.0.insert("_FillValue".into(), Attribute::Numbers(vec![-1.0]));
        let mut out = [0.0_f64; 2];
        Packing::of(&array).decode(&[200, 255], &mut out);
        assert!(out[0] == 200.0 && out[1].is_nan());
    }
}
