using BenchmarkDotNet.Attributes;
using Scim.Domain.Patching;

namespace Scim.Benchmarks;

/// <summary>A PATCH from its bytes to the new document, without the read and the write around it.</summary>
[MemoryDiagnoser]
public class PatchBenchmarks
{
    private static readonly byte[] Active =
        """
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}
        """u8.ToArray();

    private static readonly byte[] ValuePath =
        """
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b.jensen@example.com"}]}
        """u8.ToArray();

    [Benchmark]
    public object ReplaceActive() => Apply(Active);

    [Benchmark]
    public object ReplaceByValuePath() => Apply(ValuePath);

    private static PatchOutcome Apply(byte[] body)
    {
        var deviations = Sample.Deviations();
        return Patcher.Apply(Sample.Document, PatchRequest.Read(body, deviations), deviations);
    }
}
