using BenchmarkDotNet.Attributes;
using Scim.Domain.Filters;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Dialects;
using Scim.Infrastructure.Persistence.Search;

namespace Scim.Benchmarks;

/// <summary>A filter from its text to the condition in SQL and its arguments.</summary>
[MemoryDiagnoser]
public class FilterBenchmarks
{
    private static readonly FilterLimits Limits = new();

    [Params(
        "userName eq \"barbara.jensen@example.com\"",
        "emails[type eq \"work\" and value sw \"bar\"] and active eq true and not (title pr)"
    )]
    public string Text { get; set; } = "";

    [Benchmark]
    public object Parse() => FilterParser.Parse(Text, Sample.Schema, Sample.Deviations(), Limits);

    [Benchmark]
    public string ParseAndCompile()
    {
        var filter = FilterParser.Parse(Text, Sample.Schema, Sample.Deviations(), Limits);
        return new FilterToSql(ResourceTable.Users, PostgreSqlDialect.Instance, [Arg.Uuid(Sample.Id)], "").Compile(
            filter
        );
    }
}
