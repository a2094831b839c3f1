using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Scim.Infrastructure.Persistence;

/// <summary>One typed argument of a statement. The type is part of the value, so that a null keeps it.</summary>
internal readonly struct Arg
{
    private readonly NpgsqlDbType _type;
    private readonly bool _hasValue;
    private readonly long _number;
    private readonly Guid _uuid;
    private readonly object? _object;

    private Arg(NpgsqlDbType type, bool hasValue, long number = 0, Guid uuid = default, object? value = null)
    {
        _type = type;
        _hasValue = hasValue;
        _number = number;
        _uuid = uuid;
        _object = value;
    }

    public static Arg Uuid(Guid? value) => new(NpgsqlDbType.Uuid, value.HasValue, uuid: value.GetValueOrDefault());

    public static Arg Text(string? value) => new(NpgsqlDbType.Text, value is not null, value: value);

    public static Arg Int(long? value) => new(NpgsqlDbType.Bigint, value.HasValue, value.GetValueOrDefault());

    public static Arg Bool(bool? value) => new(NpgsqlDbType.Boolean, value.HasValue, value.GetValueOrDefault() ? 1 : 0);

    public static Arg Real(double? value) =>
        new(NpgsqlDbType.Double, value.HasValue, BitConverter.DoubleToInt64Bits(value.GetValueOrDefault()));

    /// <summary>UTF-8 JSON text, kept byte for byte.</summary>
    public static Arg Json(ReadOnlyMemory<byte>? value) =>
        new(NpgsqlDbType.Json, value.HasValue, value: value.HasValue ? value.GetValueOrDefault() : null);

    public static Arg Bytes(byte[]? value) => new(NpgsqlDbType.Bytea, value is not null, value: value);

    public static Arg Time(DateTimeOffset? value) =>
        new(NpgsqlDbType.TimestampTz, value.HasValue, value.GetValueOrDefault().UtcTicks);

    /// <summary>A set for <c>ISqlDialect.AnyUuid</c> and <c>UuidSet</c>.</summary>
    public static Arg Uuids(Guid[] values) => new(NpgsqlDbType.Array | NpgsqlDbType.Uuid, true, value: values);

    /// <summary>A set for <c>ISqlDialect.TextSet</c>, or a column of values on PostgreSQL.</summary>
    public static Arg Texts(string?[] values) => new(NpgsqlDbType.Array | NpgsqlDbType.Text, true, value: values);

    /// <summary>A column of values, on PostgreSQL only.</summary>
    public static Arg ByteArrays(byte[]?[] values) => new(NpgsqlDbType.Array | NpgsqlDbType.Bytea, true, value: values);

    /// <summary>A set, on PostgreSQL only.</summary>
    public static Arg Ints(long[] values) => new(NpgsqlDbType.Array | NpgsqlDbType.Bigint, true, value: values);

    public NpgsqlParameter ToNpgsql()
    {
        if (!_hasValue)
        {
            return new NpgsqlParameter { NpgsqlDbType = _type, Value = DBNull.Value };
        }

        return _type switch
        {
            NpgsqlDbType.Uuid => new NpgsqlParameter<Guid> { TypedValue = _uuid, NpgsqlDbType = _type },
            NpgsqlDbType.Text => new NpgsqlParameter<string> { TypedValue = (string)_object!, NpgsqlDbType = _type },
            NpgsqlDbType.Bigint => new NpgsqlParameter<long> { TypedValue = _number, NpgsqlDbType = _type },
            NpgsqlDbType.Boolean => new NpgsqlParameter<bool> { TypedValue = _number != 0, NpgsqlDbType = _type },
            NpgsqlDbType.Double => new NpgsqlParameter<double>
            {
                TypedValue = BitConverter.Int64BitsToDouble(_number),
                NpgsqlDbType = _type,
            },
            NpgsqlDbType.Json => new NpgsqlParameter<ReadOnlyMemory<byte>>
            {
                TypedValue = (ReadOnlyMemory<byte>)_object!,
                NpgsqlDbType = _type,
            },
            NpgsqlDbType.Bytea => new NpgsqlParameter<byte[]> { TypedValue = (byte[])_object!, NpgsqlDbType = _type },
            NpgsqlDbType.TimestampTz => new NpgsqlParameter<DateTime>
            {
                TypedValue = new DateTime(_number, DateTimeKind.Utc),
                NpgsqlDbType = _type,
            },
            NpgsqlDbType.Array | NpgsqlDbType.Uuid => new NpgsqlParameter<Guid[]>
            {
                TypedValue = (Guid[])_object!,
                NpgsqlDbType = _type,
            },
            NpgsqlDbType.Array | NpgsqlDbType.Bytea => new NpgsqlParameter<byte[]?[]>
            {
                TypedValue = (byte[]?[])_object!,
                NpgsqlDbType = _type,
            },
            NpgsqlDbType.Array | NpgsqlDbType.Bigint => new NpgsqlParameter<long[]>
            {
                TypedValue = (long[])_object!,
                NpgsqlDbType = _type,
            },
            _ => new NpgsqlParameter<string[]> { TypedValue = (string[])_object!, NpgsqlDbType = _type },
        };
    }

    public void Bind(SqliteStatement statement, int parameter)
    {
        if (!_hasValue)
        {
            statement.BindNull(parameter);
            return;
        }

        switch (_type)
        {
            case NpgsqlDbType.Uuid:
                Span<byte> uuid = stackalloc byte[16];
                _uuid.TryWriteBytes(uuid, bigEndian: true, out _);
                statement.BindBlob(parameter, uuid);
                break;
            case NpgsqlDbType.Bigint or NpgsqlDbType.Boolean:
                statement.BindInt(parameter, _number);
                break;
            case NpgsqlDbType.Double:
                statement.BindReal(parameter, BitConverter.Int64BitsToDouble(_number));
                break;
            case NpgsqlDbType.TimestampTz:
                statement.BindInt(parameter, SqliteValues.FromUtcTicks(_number));
                break;
            case NpgsqlDbType.Json:
                statement.BindUtf8(parameter, ((ReadOnlyMemory<byte>)_object!).Span);
                break;
            case NpgsqlDbType.Bytea:
                statement.BindBlob(parameter, (byte[])_object!);
                break;
            case NpgsqlDbType.Text:
                statement.BindText(parameter, (string)_object!);
                break;
            case NpgsqlDbType.Array | NpgsqlDbType.Uuid:
                statement.BindText(parameter, HexArray((Guid[])_object!));
                break;
            case NpgsqlDbType.Array | NpgsqlDbType.Text:
                statement.BindUtf8(parameter, JsonSerializer.SerializeToUtf8Bytes((string[])_object!));
                break;
            default:
                throw new InvalidOperationException($"SQLite has no values of the type {_type}.");
        }
    }

    // SQLite has no arrays: a JSON array of hexadecimal text, read by json_each and unhex.
    private static string HexArray(Guid[] values)
    {
        var text = new StringBuilder(2 + (35 * values.Length)).Append('[');
        foreach (var value in values)
        {
            text.Append(text.Length == 1 ? "\"" : ",\"").Append(CultureInfo.InvariantCulture, $"{value:N}").Append('"');
        }

        return text.Append(']').ToString();
    }
}

/// <summary>How values without a SQLite type of their own are stored: UUIDs as 16 bytes in big-endian order, times as microseconds since 1970.</summary>
internal static class SqliteValues
{
    public static byte[] FromGuid(Guid value) => value.ToByteArray(bigEndian: true);

    public static Guid ToGuid(byte[] value) => new(value, bigEndian: true);

    public static long FromUtcTicks(long ticks) => (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long microseconds) =>
        new(DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
