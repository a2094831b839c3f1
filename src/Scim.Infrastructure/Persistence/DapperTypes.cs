using System.Data;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Ids and times as the two databases keep them: uuid and timestamptz on PostgreSQL; 16 big-endian bytes and microseconds
/// since 1970 on SQLite, whose provider would write text.
/// </summary>
internal static class DapperTypes
{
    private static readonly Lazy<bool> Registered = new(() =>
    {
        SqlMapper.RemoveTypeMap(typeof(Guid));
        SqlMapper.RemoveTypeMap(typeof(Guid?));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(new Ids());
        SqlMapper.AddTypeHandler(new Times());
        return true;
    });

    /// <summary>Dapper's maps belong to the process; registering twice is harmless.</summary>
    public static void Register() => _ = Registered.Value;

    private sealed class Ids : SqlMapper.TypeHandler<Guid>
    {
        public override void SetValue(IDbDataParameter parameter, Guid value) =>
            parameter.Value = parameter is SqliteParameter ? value.ToByteArray(bigEndian: true) : value;

        public override Guid Parse(object value) =>
            value is byte[] bytes ? new Guid(bytes, bigEndian: true) : (Guid)value;
    }

    private sealed class Times : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) =>
            parameter.Value =
                parameter is SqliteParameter
                    ? (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond
                    : value.ToUniversalTime();

        public override DateTimeOffset Parse(object value) =>
            value switch
            {
                long micros => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond),
                DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
                _ => (DateTimeOffset)value,
            };
    }
}
