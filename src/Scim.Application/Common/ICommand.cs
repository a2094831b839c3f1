using MediatR;

namespace Scim.Application.Common;

/// <summary>A request that may change state. Keeps the mediator's version behind one file (docs/adr).</summary>
public interface ICommand<out TResult> : IRequest<TResult>;

/// <summary>A request that changes nothing.</summary>
public interface IQuery<out TResult> : IRequest<TResult>;
