package source

import (
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// parquetClass is what a flat column of a Parquet file holds, as far as a
// record can declare it.
type parquetClass int

const (
	classOther parquetClass = iota
	classText
	classInt
	classUint
	classFloat // half, single or double
	classDecimal
	classBool
	classDate
	classTime    // on a clock on the wall
	classInstant // UTC
	classNull
)

// maxDecimalBytes is the largest decimal that is read, in bytes; with it go
// some 300 digits, more than any float64 has.
const maxDecimalBytes = 128

// decimalUnit says what one unit of a decimal's integer stands for, or of a
// time's: the latter counts 10 to the scale in a second.
type decimalUnit struct{ scale int }

// classOf tells what a flat column holds.
func classOf(n *schema.PrimitiveNode) (parquetClass, decimalUnit) {
	phys := n.PhysicalType()
	integer := phys == parquet.Types.Int32 || phys == parquet.Types.Int64
	bytes := phys == parquet.Types.ByteArray || phys == parquet.Types.FixedLenByteArray
	switch t := n.LogicalType().(type) {
	case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
		if phys == parquet.Types.ByteArray {
			return classText, decimalUnit{}
		}
	case schema.IntLogicalType:
		switch {
		case integer && t.IsSigned():
			return classInt, decimalUnit{}
		case integer:
			return classUint, decimalUnit{}
		}
	case schema.DateLogicalType:
		if phys == parquet.Types.Int32 {
			return classDate, decimalUnit{}
		}
	case schema.DecimalLogicalType:
		if scale := int(t.Scale()); (integer || bytes) && scale >= 0 && scale <= int(t.Precision()) && n.TypeLength() <= maxDecimalBytes {
			return classDecimal, decimalUnit{scale}
		}
	case schema.TimestampLogicalType:
		scale := map[schema.TimeUnitType]int{schema.TimeUnitMillis: 3, schema.TimeUnitMicros: 6, schema.TimeUnitNanos: 9}[t.TimeUnit()]
		switch {
		case phys != parquet.Types.Int64 || scale == 0:
		case t.IsAdjustedToUTC():
			return classInstant, decimalUnit{scale}
		default:
			return classTime, decimalUnit{scale}
		}
	case schema.Float16LogicalType:
		if phys == parquet.Types.FixedLenByteArray && n.TypeLength() == 2 {
			return classFloat, decimalUnit{}
		}
	case schema.NullLogicalType, schema.UnknownLogicalType:
		return classNull, decimalUnit{}
	case schema.NoLogicalType:
		switch phys {
		case parquet.Types.Boolean:
			return classBool, decimalUnit{}
		case parquet.Types.Int32, parquet.Types.Int64:
			return classInt, decimalUnit{}
		case parquet.Types.Float, parquet.Types.Double:
			return classFloat, decimalUnit{}
		}
	}
	return classOther, decimalUnit{}
}

// What a provider can do about a type.
const (
	fixDeclare   = "declare the type that the file has, or export the column in the declared one"
	fixTimestamp = "declare `type: datetime`, or export it as a date"
	fixInt96     = "export it as a TIMESTAMP of 64 bits, and declare `type: datetime`"
	fixTime      = "export it as a number or as text, and declare that; a record has no time of day"
	fixBytes     = "export it as text (logical type STRING), or leave the column out"
	fixNested    = "export each field of it as a column of its own, or leave it out"
	fixDecimal   = "declare `type: decimal` with its `scale`, or float64, or export it as a whole number"
	fixNumber    = "declare int32, int64 or float64, or export it as text"
	fixFloat     = "declare float64, or export it as a whole number"
)

// parquetTypeName names the type of a file's column, and what its provider can
// do if the record cannot have it. Both are constants.
func parquetTypeName(n schema.Node) (name, fix string) {
	if g, ok := n.(*schema.GroupNode); ok {
		switch g.LogicalType().(type) {
		case schema.ListLogicalType:
			return "LIST", fixNested
		case schema.MapLogicalType:
			return "MAP", fixNested
		case schema.VariantLogicalType:
			return "VARIANT", fixNested
		}
		if n.RepetitionType() == parquet.Repetitions.Repeated {
			return "LIST", fixNested
		}
		return "STRUCT", fixNested
	}
	if n.RepetitionType() == parquet.Repetitions.Repeated {
		return "LIST", fixNested
	}
	switch t := n.LogicalType().(type) {
	case schema.StringLogicalType:
		return "STRING", fixDeclare
	case schema.EnumLogicalType:
		return "ENUM", fixDeclare
	case schema.JSONLogicalType:
		return "JSON", fixDeclare
	case schema.DateLogicalType:
		return "DATE", fixDeclare
	case schema.DecimalLogicalType:
		return "DECIMAL", fixDecimal
	case schema.TimestampLogicalType:
		if t.IsAdjustedToUTC() {
			return "TIMESTAMP WITH TIME ZONE", fixTimestamp
		}
		return "TIMESTAMP", fixTimestamp
	case schema.TimeLogicalType:
		return "TIME", fixTime
	case schema.IntervalLogicalType:
		return "INTERVAL", fixTime
	case schema.UUIDLogicalType:
		return "UUID", fixBytes
	case schema.BSONLogicalType:
		return "BSON", fixBytes
	case schema.GeometryLogicalType, *schema.GeometryLogicalType:
		return "GEOMETRY", fixBytes
	case schema.GeographyLogicalType, *schema.GeographyLogicalType:
		return "GEOGRAPHY", fixBytes
	case schema.Float16LogicalType:
		return "FLOAT16", fixFloat
	case schema.IntLogicalType:
		return intName(t), fixNumber
	}
	switch n.(*schema.PrimitiveNode).PhysicalType() {
	case parquet.Types.Boolean:
		return "BOOLEAN", fixDeclare
	case parquet.Types.Int32:
		return "INT32", fixNumber
	case parquet.Types.Int64:
		return "INT64", fixNumber
	case parquet.Types.Int96:
		return "INT96 (an old TIMESTAMP)", fixInt96
	case parquet.Types.Float:
		return "FLOAT", fixFloat
	case parquet.Types.Double:
		return "DOUBLE", fixFloat
	case parquet.Types.FixedLenByteArray:
		return "FIXED_LEN_BYTE_ARRAY (bytes of one length)", fixBytes
	}
	return "BLOB (bytes that the file does not call text)", fixBytes
}

// intName names an integer type of a certain width.
func intName(t schema.IntLogicalType) string {
	names := map[int8][2]string{8: {"UINT8", "INT8"}, 16: {"UINT16", "INT16"}, 32: {"UINT32", "INT32"}, 64: {"UINT64", "INT64"}}[t.BitWidth()]
	if t.IsSigned() {
		return names[1]
	}
	return names[0]
}
