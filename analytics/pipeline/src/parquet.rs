//! Parquet files, opened for polars.
//! Invariant: whole numbers of one and two bytes are read as numbers of four. polars knows the short
//! ones only when it is compiled with them, which makes everybody's build longer; in the file they
//! lie in four bytes anyway.
//! Absent on purpose: what the columns mean.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{ArrowDataType, ParquetReader, SerReader};
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
