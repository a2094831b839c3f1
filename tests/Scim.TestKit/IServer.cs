namespace Scim.TestKit;

/// <summary>A running server under test, in this process or in its own.</summary>
public interface IServer
{
    Uri BaseAddress { get; }

    TestDatabase Database { get; }
}
