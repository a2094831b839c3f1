using Scim.Load.Http;

namespace Scim.Load;

/// <summary>What the workloads of one run share: its settings, and names that nobody has yet.</summary>
internal sealed class Run(LoadOptions options)
{
    private int _next = 500_000_000;

    public LoadOptions Options => options;

    public string Tag { get; } = "r" + Guid.NewGuid().ToString("N")[..6];

    /// <summary>An index of a person that was never created.</summary>
    public int NewPerson() => Interlocked.Increment(ref _next);

    public RequestBody AddNewPerson(RequestBody body) => People.Add(body, Tag, NewPerson());
}
