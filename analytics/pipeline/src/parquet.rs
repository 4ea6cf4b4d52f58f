//! Parquet files: tables opened for polars, and the cells of a release written.
//! Invariant: whole numbers of one and two bytes are read as numbers of four. polars knows the short
//! ones only when it is compiled with them, which makes everybody's build longer; in the file they
//! lie in four bytes anyway.
//! Absent on purpose: what the columns of a table mean; those of the cells are the codebook's.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use hengping_domain::codebook::{COLUMNS, Column as Explained, Field, row};
use hengping_domain::release::Cell;
use polars::prelude::{ArrowDataType, Column, DataFrame, ParquetCompression, ParquetReader, ParquetWriter, SerReader};
use polars_parquet::parquet::metadata::SchemaDescriptor;
use polars_parquet::parquet::schema::types::ParquetType;

use crate::error::Stop;

/// A reader of the file at `path`.
///
/// # Errors
/// [`Stop::FileMissing`], [`Stop::TableMalformed`].
pub fn reader(path: &Path) -> Result<ParquetReader<File>, Stop> {
    let file = || File::open(path).map_err(|_| Stop::FileMissing(path.display().to_string()));
    let broken = |_| Stop::TableMalformed { reason: "not a Parquet file".to_owned() };
    let mut reader = ParquetReader::new(file()?);
    let schema = reader.schema().map_err(broken)?;
    let short = |dtype: &ArrowDataType| {
        matches!(dtype, ArrowDataType::Int8 | ArrowDataType::Int16 | ArrowDataType::UInt8 | ArrowDataType::UInt16)
    };
    if !schema.iter_values().any(|field| short(&field.dtype)) {
        return Ok(reader);
    }
    let mut metadata = reader.get_metadata().map_err(broken)?.as_ref().clone();
    // The writer's own account of its types would bring the short ones back.
    metadata.key_value_metadata = None;
    let wide = |field: &ParquetType| {
        let mut field = field.clone();
        if let ParquetType::PrimitiveType(primitive) = &mut field
            && schema.get(&primitive.field_info.name).is_some_and(|field| short(&field.dtype))
        {
            (primitive.logical_type, primitive.converted_type) = (None, None);
        }
        field
    };
    let fields = metadata.schema_descr.fields().iter().map(wide).collect();
    metadata.schema_descr = SchemaDescriptor::new(metadata.schema_descr.name().into(), fields);
    let mut reader = ParquetReader::new(file()?);
    reader.set_metadata(Arc::new(metadata));
    Ok(reader)
}

/// Cells as a Parquet file in the columns of the codebook; what a cell does not have is null.
///
/// # Errors
/// [`Stop::Internal`].
pub fn cells(cells: &[Cell]) -> Result<Vec<u8>, Stop> {
    let failed = |error: polars::error::PolarsError| Stop::Internal(error.to_string());
    let rows: Vec<_> = cells.iter().map(|cell| row(cell, None)).collect();
    let column = |(place, about): (usize, &Explained)| {
        let (name, fields) = (about.name.into(), rows.iter().map(|row| &row[place]));
        if about.number {
            Column::new(name, fields.map(number).collect::<Vec<Option<f64>>>())
        } else {
            Column::new(name, fields.map(text).collect::<Vec<Option<&str>>>())
        }
    };
    let mut frame = DataFrame::new_infer_height(COLUMNS.iter().enumerate().map(column).collect()).map_err(failed)?;
    let mut bytes = Vec::new();
    // A few hundred rows: not worth a compression that some reader does not have.
    let writer = ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Uncompressed);
    writer.finish(&mut frame).map_err(failed)?;
    Ok(bytes)
}

fn number(field: &Field) -> Option<f64> {
    if let Field::Number(number) = field { Some(*number) } else { None }
}

fn text(field: &Field) -> Option<&str> {
    if let Field::Text(text) = field { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_column_by_column() {
        let cell = |id: &str, measure: &str, value: f64, step: f64| -> Cell {
            serde_json::from_value(serde_json::json!({
                "id": id, "scope": "court", "subject": "鲁0202", "measure": measure, "audience": "public", "verdict": "publish",
                "flags": ["pilot"], "rules": ["R2", "R7"], "value": value, "step": step, "n_band": "30-39",
            }))
            .expect("a cell")
        };
        let bytes = cells(&[cell("a", "score", 4.2, 0.1), cell("b", "response", 0.4, 0.05)]).expect("written");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &bytes).expect("written");
        let frame = reader(file.path()).expect("a reader").finish().expect("a table");
        let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
        assert_eq!(names, hengping_domain::codebook::header());
        let text = |name: &str, row: usize| frame.column(name).expect(name).get(row).expect("a row").to_string();
        assert_eq!((text("value", 0).as_str(), text("value", 1).as_str()), ("4.2", "null"), "a share is a band");
        assert_eq!((text("band", 1).as_str(), text("rules", 0).as_str()), ("\"0.40-0.45\"", "\"R2 R7\""));
        // Nothing that this row does not have is said of it, and an empty table is a table.
        assert_eq!(text("low", 0), "null");
        assert!(cells(&[]).is_ok());
    }
}
