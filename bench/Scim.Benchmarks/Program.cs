using BenchmarkDotNet.Running;
using Scim.Benchmarks;

// A benchmark of refused input would be fast and say nothing.
if (Sample.Stored.Bytes.Length < 1000)
{
    throw new InvalidOperationException("The sample user was not read as it was meant.");
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
