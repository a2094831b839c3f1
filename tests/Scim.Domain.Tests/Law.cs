using FsCheck.NUnit;

namespace Scim.Domain.Tests;

/// <summary>A property test: a few fresh cases by default, the full count under SCIM_SOAK=1. A failure prints its seed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LawAttribute : PropertyAttribute
{
    public LawAttribute()
    {
        MaxTest = Environment.GetEnvironmentVariable("SCIM_SOAK") == "1" ? 10_000 : 200;
        Arbitrary = [typeof(Arbitraries)];
        QuietOnSuccess = true;
    }
}
