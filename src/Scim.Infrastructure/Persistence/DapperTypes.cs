using System.Data;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence;

/// <summary>Makes Dapper read and write the same .NET types on both databases.</summary>
internal static class DapperTypes
{
    private static readonly Lock Once = new();
    private static bool _registered;

    public static void Register()
    {
        lock (Once)
        {
            if (_registered)
            {
                return;
            }

            DefaultTypeMap.MatchNamesWithUnderscores = true;
            Use(new Handler<Guid>(ToGuid, value => value, value => SqliteValues.FromGuid(value)));
            Use(
                new Handler<TenantId>(
                    value => new TenantId(ToGuid(value)),
                    value => value.Value,
                    value => SqliteValues.FromGuid(value.Value)
                )
            );
            Use(
                new Handler<DateTimeOffset>(
                    ToTime,
                    value => value.ToUniversalTime(),
                    value => SqliteValues.FromUtcTicks(value.UtcTicks)
                )
            );
            Use(
                new Handler<bool>(
                    value => Convert.ToBoolean(value, CultureInfo.InvariantCulture),
                    value => value,
                    value => value ? 1L : 0L
                )
            );
            // SQLite has one integer type; constructors of row records ask for the narrower one.
            Use(
                new Handler<int>(
                    value => Convert.ToInt32(value, CultureInfo.InvariantCulture),
                    value => value,
                    value => (long)value
                )
            );
            _registered = true;
        }
    }

    private static void Use<T>(Handler<T> handler)
        where T : struct
    {
        SqlMapper.RemoveTypeMap(typeof(T));
        SqlMapper.RemoveTypeMap(typeof(T?));
        SqlMapper.AddTypeHandler(handler);
    }

    private static Guid ToGuid(object value) => value is byte[] bytes ? SqliteValues.ToGuid(bytes) : (Guid)value;

    private static DateTimeOffset ToTime(object value) =>
        value switch
        {
            long microseconds => SqliteValues.ToTime(microseconds),
            DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            _ => (DateTimeOffset)value,
        };

    private sealed class Handler<T>(Func<object, T> parse, Func<T, object> toPostgreSql, Func<T, object> toSqlite)
        : SqlMapper.TypeHandler<T>
        where T : struct
    {
        public override void SetValue(IDbDataParameter parameter, T value) =>
            parameter.Value = parameter is SqliteParameter ? toSqlite(value) : toPostgreSql(value);

        public override T Parse(object value) => parse(value);
    }
}
