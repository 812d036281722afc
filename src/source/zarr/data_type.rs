//! Types of values by their names in metadata, and the fill values that go with them.

use serde_json::Value;

use super::super::Endian;
use super::super::dataset::{Element, ElementKind};
use super::filter::write_float;
use crate::terms::base64;

/// What an array's values are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DataType {
    /// Numbers of a known type; of version 3, which keeps the byte order elsewhere, little-endian.
    Number(Element),
    /// True or false, read as 1 and 0 of a byte.
    Truth,
    /// Something else, in words.
    Other(String),
}

/// What true and false are stored as.
pub(super) const TRUTH: Element = Element { kind: ElementKind::UInt(1), endian: Endian::Little };

/// A type of version 2: numpy's "<f4".
///
/// # Errors
/// When it is none of numpy's.
pub(super) fn of_version_2(value: &Value) -> Result<DataType, String> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Array(_) => return Ok(DataType::Other("structures".into())),
        _ => return Err(format!("dtype is {value}, expected a text such as \"<f4\"")),
    };
    let wrong = || format!("dtype is \"{text}\", expected one such as \"<f4\"");
    let mut letters = text.chars();
    let (order, kind, size) = match letters.next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, letters.next().ok_or_else(wrong)?, letters.as_str()),
        // numcodecs' filters name types as numpy does: "f4".
        Some(kind) => ('=', kind, letters.as_str()),
        None => return Err(wrong()),
    };
    let endian = if order == '>' { Endian::Big } else { Endian::Little };
    let other = match kind {
        'f' | 'i' | 'u' => {
            return match number(kind, size) {
                Some(kind) => Ok(DataType::Number(Element { kind, endian })),
                None if matches!((kind, size), ('f', "2" | "12" | "16")) => {
                    Ok(DataType::Other(named(text, "of another type")))
                }
                None => Err(wrong()),
            };
        }
        'b' if size == "1" => return Ok(DataType::Truth),
        'S' | 'U' | 'T' | 'O' => "texts or objects",
        'M' => "of numpy's datetime64",
        'm' => "of numpy's timedelta64",
        'c' => "complex numbers",
        'V' => "raw bytes",
        _ => return Err(wrong()),
    };
    Ok(DataType::Other(named(text, other)))
}

fn named(text: &str, other: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("{other} ({text})")
}

fn number(kind: char, size: &str) -> Option<ElementKind> {
    Some(match (kind, size) {
        ('f', "4") => ElementKind::Float32,
        ('f', "8") => ElementKind::Float64,
        ('i', "1" | "2" | "4" | "8") => ElementKind::Int(size.parse().ok()?),
        ('u', "1" | "2" | "4" | "8") => ElementKind::UInt(size.parse().ok()?),
        _ => return None,
    })
}

/// A type of version 3: "float32".
///
/// # Errors
/// When it is neither a name nor an object with one.
pub(super) fn of_version_3(value: &Value) -> Result<DataType, String> {
    let name = value.as_str().or_else(|| value.get("name")?.as_str());
    let Some(name) = name else {
        return Err(format!("data_type is {value}, expected a text such as \"float32\""));
    };
    let kind = match name {
        "bool" => return Ok(DataType::Truth),
        "float32" => ElementKind::Float32,
        "float64" => ElementKind::Float64,
        "int8" => ElementKind::Int(1),
        "int16" => ElementKind::Int(2),
        "int32" => ElementKind::Int(4),
        "int64" => ElementKind::Int(8),
        "uint8" => ElementKind::UInt(1),
        "uint16" => ElementKind::UInt(2),
        "uint32" => ElementKind::UInt(4),
        "uint64" => ElementKind::UInt(8),
        other => return Ok(DataType::Other(named(other, "of another type"))),
    };
    Ok(DataType::Number(Element { kind, endian: Endian::Little }))
}

/// One value, as stored, of a fill value: a number, true or false, a name such as "NaN", the hexadecimal digits of its bits, or its
/// bytes in base64; of none, zero.
///
/// # Errors
/// When it is no such thing, or no value of the type.
pub(super) fn fill(value: &Value, element: Element) -> Result<Vec<u8>, String> {
    let wrong = || format!("fill_value is {value}, expected one of type {}", element.name());
    let bytes = element.bytes();
    let mut fill = vec![0; bytes];
    match value {
        Value::Null => {}
        Value::Bool(yes) if element == TRUTH => fill[0] = u8::from(*yes),
        Value::Number(number) => match element.kind {
            ElementKind::Float32 | ElementKind::Float64 => {
                write_float(element, number.as_f64().ok_or_else(wrong)?, &mut fill);
            }
            ElementKind::Int(_) | ElementKind::UInt(_) => {
                let signed = matches!(element.kind, ElementKind::Int(_));
                let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15);
                let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
                let whole = whole.or_else(|| float.map(|float| float as i128)).ok_or_else(wrong)?;
                let bits = 8 * bytes as u32;
                let (least, most) =
                    if signed { (-(1_i128 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
                if !(least..=most).contains(&whole) {
                    return Err(wrong());
                }
                fill.copy_from_slice(&whole.to_le_bytes()[..bytes]);
                if element.endian == Endian::Big {
                    fill.reverse();
                }
            }
        },
        Value::String(text) => {
            let floating = matches!(element.kind, ElementKind::Float32 | ElementKind::Float64);
            if let Some(number) = number_in_words(text).filter(|_| floating) {
                write_float(element, number, &mut fill);
            } else if let Some(digits) = text.strip_prefix("0x") {
                let bits =
                    u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2 * bytes).ok_or_else(wrong)?;
                fill.copy_from_slice(&bits.to_le_bytes()[..bytes]);
                if element.endian == Endian::Big {
                    fill.reverse();
                }
            } else {
                fill = base64(text).filter(|decoded| decoded.len() == bytes).ok_or_else(wrong)?;
            }
        }
        _ => return Err(wrong()),
    }
    Ok(fill)
}

/// The numbers that JSON has no form for.
pub(super) fn number_in_words(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(text: &str) -> Element {
        match of_version_2(&json!(text)).unwrap() {
            DataType::Number(element) => element,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fill_values_in_all_their_forms() {
        let check = |kind: &str, value: Value, expected: &[u8]| {
            assert_eq!(fill(&value, number(kind)).unwrap(), expected, "{kind} {value}");
        };
        check("<f4", Value::Null, &[0; 4]);
        check("<f4", json!(1), &1_f32.to_le_bytes());
        check(">f4", json!(-9999.0), &(-9999_f32).to_be_bytes());
        check(">f8", json!("NaN"), &f64::NAN.to_be_bytes());
        check("<f4", json!("-Infinity"), &f32::NEG_INFINITY.to_le_bytes());
        check("<f4", json!("0x7fc00001"), &[1, 0, 0xc0, 0x7f]);
        check("<f8", json!("AAAAAAAA+H8="), &f64::NAN.to_le_bytes());
        check("<i2", json!(-32768), &[0, 0x80]);
        check(">i2", json!(-2), &[0xff, 0xfe]);
        check("|u1", json!(255), &[255]);
        check("|u1", json!(false), &[0]);
        check("|u1", json!(true), &[1]);
        check("<i4", json!(7.0), &[7, 0, 0, 0]);
        check("<u8", json!(u64::MAX), &[255; 8]);
        for (kind, value) in [
            ("<i2", json!(32768)),
            ("|u1", json!(-1)),
            ("<i4", json!(0.5)),
            ("<i4", json!("NaN")),
            ("<f4", json!("nonsense")),
            ("<f4", json!("0x7fc0")),
            ("<f4", json!([1])),
            ("<f4", json!(true)),
            ("<f4", json!("AAAAAAAA+H8=")),
        ] {
            let message = fill(&value, number(kind)).unwrap_err();
            assert!(message.starts_with("fill_value is "), "{message}");
        }
    }

    #[test]
    fn types_are_known_left_out_or_wrong() {
        assert_eq!(number(">f4"), Element { kind: ElementKind::Float32, endian: Endian::Big });
        assert_eq!(number("|i1"), Element { kind: ElementKind::Int(1), endian: Endian::Little });
        for other in ["<U5", "|S3", "|O", "<M8[ns]", "<c8", "<f2", "|V16"] {
            assert!(matches!(of_version_2(&json!(other)), Ok(DataType::Other(_))), "{other}");
        }
        for wrong in
            [json!("<f5"), json!(""), json!("<"), json!("é4"), json!(4), json!("<i3"), json!("<q4"), json!("<b2")]
        {
            assert!(of_version_2(&wrong).is_err(), "{wrong}");
        }
        assert!(matches!(of_version_3(&json!({"name": "numpy.datetime64"})), Ok(DataType::Other(_))));
        assert!(of_version_3(&json!(["float32"])).is_err());
        for truth in [of_version_2(&json!("|b1")), of_version_3(&json!("bool"))] {
            assert_eq!(truth, Ok(DataType::Truth));
        }
    }
}
