using BenchmarkDotNet.Attributes;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Benchmarks;

/// <summary>What every request pays for its token once the process has verified it: shape, checksum, digest, look-up.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private readonly string _token = ScimToken.Generate().Text;
    private readonly CredentialCache _cache = new();

    [GlobalSetup]
    public void Verify()
    {
        for (var i = 0; i < 1000; i++)
        {
            Add(ScimToken.Generate().Text);
        }

        Add(_token);
    }

    [Benchmark]
    public bool IsWellFormed() => ScimToken.IsWellFormed(_token);

    [Benchmark]
    public object? Check() => ScimToken.IsWellFormed(_token) ? _cache.Find(_cache.Digest(_token)) : null;

    private void Add(string token) => _cache.Add(_cache.Digest(token), new VerifiedToken(null!, [], null, null, 1));
}
