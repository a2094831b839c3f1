using System.Buffers;
using BenchmarkDotNet.Attributes;
using Scim.Domain.Resources;

namespace Scim.Benchmarks;

/// <summary>Stored bytes to the answer's bytes: copied whole, or narrowed by <c>attributes</c>.</summary>
[MemoryDiagnoser]
public class ProjectionBenchmarks
{
    private static readonly Projection Whole = Projection.Create(Sample.Schema);
    private static readonly Projection UserNameOnly = Projection.Create(Sample.Schema, ["userName"]);

    private readonly ArrayBufferWriter<byte> _output = new(4096);

    [Benchmark]
    public int CopyWhole() => Write(Whole);

    [Benchmark]
    public int AttributesUserName() => Write(UserNameOnly);

    private int Write(Projection projection)
    {
        _output.ResetWrittenCount();
        ResourceWriter.Write(_output, Sample.Schema, Sample.Resource, projection, Sample.BaseUrl);
        return _output.WrittenCount;
    }
}
