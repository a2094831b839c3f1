using BenchmarkDotNet.Attributes;
using Scim.Domain.Resources;

namespace Scim.Benchmarks;

/// <summary>What a create and a replacement do to a body: bind it to the schema, then write the bytes to store.</summary>
[MemoryDiagnoser]
public class DocumentBenchmarks
{
    [Benchmark]
    public object ParseAndBind() => DocumentReader.ReadBody(Sample.Body, Sample.Schema, Sample.Deviations());

    [Benchmark]
    public object ReadStored() => DocumentReader.ReadStored(Sample.Stored.Bytes.Span, Sample.Schema);

    [Benchmark]
    public int WriteStored() => DocumentWriter.Write(Sample.Document, Sample.Id).Bytes.Length;

    [Benchmark]
    public int WriteFolded() => DocumentWriter.WriteFolded(Sample.Document)?.Length ?? 0;
}
